"""The fact that webhooks announces, to itself: so each delivery is tried again by itself."""

from dataclasses import dataclass

from apps.events.registry import Event


@dataclass(frozen=True)
class DeliveryDue(Event):
    """An event is to be told to one webhook."""

    topic = "webhooks.delivery-due.v1"
    key_field = "delivery_id"
    in_order = False

    delivery_id: int
