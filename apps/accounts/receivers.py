"""What the end of an account means for its files."""

from apps.accounts import leaving
from apps.accounts.events import AccountDeleted
from apps.events.registry import subscriber


@subscriber(AccountDeleted)
def discard_picture(event: AccountDeleted, event_id: int) -> None:
    """Remove the picture; a second time there is none."""
    leaving.discard_picture(account_id=event.account_id)
