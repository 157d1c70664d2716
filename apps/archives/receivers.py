"""What the end of an account means for its archive."""

from apps.accounts.events import AccountDeleted
from apps.archives import exports
from apps.events.registry import subscriber


@subscriber(AccountDeleted)
def discard_archive(event: AccountDeleted, event_id: int) -> None:
    """Remove the archive; a second time there is none."""
    exports.discard(account_id=event.account_id)
