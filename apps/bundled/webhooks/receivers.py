"""Events become deliveries, one for each webhook; each of those is told by itself."""

from apps.bundled.webhooks import services, wanted
from apps.bundled.webhooks.events import DeliveryDue
from apps.events import registry
from apps.events.registry import Event, subscriber


@subscriber(DeliveryDue, ordered=False, slow=True)
def tell(event: DeliveryDue, event_id: int) -> None:
    """Tell one webhook of one event; when that has been done, a second time does nothing."""
    services.tell(delivery_id=event.delivery_id)


def listen() -> None:
    """Subscribe to every topic but our own."""
    for topic, event in registry.topics().items():
        if event is not DeliveryDue:
            name = f"{registry.name_of(queue)}:{topic}"
            subscriber(event, ordered=False, when=_is_wanted, name=name)(queue)


def queue(event: Event, event_id: int) -> None:
    """Have webhooks told of an event; a receipt keeps it to once."""
    services.queue(event=event, event_id=event_id)


def _is_wanted(event: Event) -> bool:
    return wanted.wants(event.topic)
