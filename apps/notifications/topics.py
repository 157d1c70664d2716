"""What browsers hear of notifications."""

from collections.abc import Sequence

from apps.events.announcements import Announced
from apps.notifications import selectors
from apps.notifications.events import AccountNotified
from apps.push.topics import Data, Topic, register


class Notifications(Topic):
    """How many notifications are unread."""

    name = "notifications"
    about = "How many of your notifications are unread, whenever there is a new one."
    events = {AccountNotified: None}
    needs_account = True
    latest_only = True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Oneself."""
        return [account_id]

    def messages(self, told: Sequence[Announced]) -> dict[int, Data]:
        """The number as it is now, 100 for that and more."""
        unread = {key: selectors.unread_count(key) for key in {event.key for _, event in told}}
        return {event_id: {"unread": unread[event.key]} for event_id, event in told}


class Notified(Topic):
    """Each notification."""

    name = "notified"
    about = "A new notification of yours: its id."
    events = {AccountNotified: None}
    needs_account = True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """Oneself."""
        return [account_id]

    def messages(self, told: Sequence[Announced]) -> dict[int, Data]:
        """The id of the notification."""
        return {
            event_id: {"notification_id": str(event.notification_id)}
            for event_id, event in told
            if isinstance(event, AccountNotified)
        }


register(Notifications())
register(Notified())
