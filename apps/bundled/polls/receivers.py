"""What goes with a post, and with an account."""

from apps.accounts.events import AccountDeleted
from apps.bundled.polls import services
from apps.events.registry import subscriber
from apps.posts.events import PostDeleted


@subscriber(PostDeleted, ordered=False, when=lambda event: event.repost_of_id is None)
def forget(event: PostDeleted, event_id: int) -> None:
    """Take the poll away with its votes; a second time there is none."""
    services.forget(post_id=event.post_id)


@subscriber(AccountDeleted)
def take_back(event: AccountDeleted, event_id: int) -> None:
    """Take its votes back, so that counts follow; a second time there are none."""
    services.take_back(account_id=event.account_id)
