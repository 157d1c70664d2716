"""What posts cause in the lists of tags."""

from collections.abc import Sequence

from apps.bundled.hashtags import services, trending
from apps.events.registry import batch_subscriber, subscriber
from apps.posts.events import PostDeleted, PostEdited, PostPublished, PostsImported


@batch_subscriber(PostPublished, ordered=False, when=lambda event: "#" in event.signs)
def index(batch: Sequence[tuple[PostPublished, int]]) -> None:
    """List new posts under their tags; rows that are there already stay as they are.

    What is deleted meanwhile has no text any more, and so no tags.
    """
    services.index(post_ids=[event.post_id for event, _ in batch])


@batch_subscriber(PostPublished, ordered=False, when=lambda event: "#" in event.signs)
def count(batch: Sequence[tuple[PostPublished, int]]) -> None:
    """Count the tags of new posts; each post is counted once. Without Valkey it is tried again."""
    trending.count([event.post_id for event, _ in batch])


@subscriber(PostsImported)
def index_imported(event: PostsImported, event_id: int) -> None:
    """List imported posts under their tags; rows that are there already stay as they are."""
    services.index(post_ids=event.post_ids)


@subscriber(PostEdited)
def index_edited(event: PostEdited, event_id: int) -> None:
    """List a post under the tags that it has now; the text decides, so again changes nothing."""
    services.index_anew(post_id=event.post_id)


@subscriber(PostDeleted)
def forget(event: PostDeleted, event_id: int) -> None:
    """Take a deleted post out of its tags; a second time it is in none."""
    services.forget(post_id=event.post_id)
