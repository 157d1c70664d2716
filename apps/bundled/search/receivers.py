"""What posts cause in what can be searched."""

from collections.abc import Sequence

from apps.bundled.search import services
from apps.events.registry import batch_subscriber, subscriber
from apps.posts.events import PostDeleted, PostEdited, PostPublished, PostsImported


@batch_subscriber(PostPublished, ordered=False, when=lambda event: event.repost_of_id is None)
def index(batch: Sequence[tuple[PostPublished, int]]) -> None:
    """Have new posts be found; a second time the same is stored again."""
    services.index(post_ids=[event.post_id for event, _ in batch])


@subscriber(PostsImported)
def index_imported(event: PostsImported, event_id: int) -> None:
    """Have imported posts be found; a second time the same is stored again."""
    services.index(post_ids=event.post_ids)


@subscriber(PostEdited, ordered=False)
def index_edited(event: PostEdited, event_id: int) -> None:
    """Have a post be found by what it says now; a second time the same is stored again."""
    services.index(post_ids=[event.post_id])


@subscriber(PostDeleted, ordered=False, when=lambda event: event.repost_of_id is None)
def forget(event: PostDeleted, event_id: int) -> None:
    """Have a deleted post be found no more; a second time it is not there."""
    services.forget(post_id=event.post_id)
