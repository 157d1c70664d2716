"""The facts that moderation announces."""

from dataclasses import dataclass

from apps.events.registry import Event


@dataclass(frozen=True)
class ModerationAction(Event):
    """Somebody has done something to an account: a new line of the audit log."""

    topic = "moderation.action.v1"
    key_field = "account_id"

    action_id: int
    account_id: int
    by_id: int
    deed: str


@dataclass(frozen=True)
class BlockChanged(Event):
    """An account blocks another one now, or no longer."""

    topic = "moderation.block-changed.v1"
    key_field = "owner_id"

    owner_id: int
    other_id: int
