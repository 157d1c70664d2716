"""The facts that concern accounts."""

from dataclasses import dataclass

from apps.events.registry import Event


@dataclass(frozen=True)
class SightChanged(Event):
    """Whom an account does not see is something else now; recorded by who decides that."""

    topic = "accounts.sight-changed.v1"
    key_field = "account_id"
    in_order = False

    account_id: int
