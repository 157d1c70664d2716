"""The facts that notifications announces."""

from dataclasses import dataclass

from apps.events.registry import Event


@dataclass(frozen=True)
class AccountNotified(Event):
    """An account has a new notification."""

    topic = "notifications.account-notified.v1"
    key_field = "account_id"

    account_id: int
    notification_id: int
