"""Which posts get cards. Imported ones get none: thousands of old links are nobody's news."""

from apps.bundled.link_cards import services
from apps.events.registry import subscriber
from apps.posts.events import PostDeleted, PostEdited, PostPublished


@subscriber(PostPublished, ordered=False, slow=True, when=lambda event: "/" in event.signs)
def make(event: PostPublished, event_id: int) -> None:
    """Make the card of a post; a second time it is there. A page that is away gets none."""
    services.make(post_id=event.post_id)


@subscriber(PostEdited, ordered=False, slow=True)
def make_anew(event: PostEdited, event_id: int) -> None:
    """Make the card of what a post links to now; a second time it is the same."""
    services.forget(post_id=event.post_id)
    services.make(post_id=event.post_id)


@subscriber(PostDeleted, ordered=False, when=lambda event: event.repost_of_id is None)
def forget(event: PostDeleted, event_id: int) -> None:
    """Take the card away; a second time there is none."""
    services.forget(post_id=event.post_id)
