"""What posts cause in the lists of tags."""

from apps.bundled.hashtags import services
from apps.events.registry import subscriber
from apps.posts.events import PostDeleted, PostPublished, PostsImported


@subscriber(PostPublished)
def index(event: PostPublished, event_id: int) -> None:
    """List a new post under its tags; rows that are there already stay as they are."""
    services.index(author_id=event.author_id, post_ids=[event.post_id])


@subscriber(PostsImported)
def index_imported(event: PostsImported, event_id: int) -> None:
    """List imported posts under their tags; rows that are there already stay as they are."""
    services.index(author_id=event.author_id, post_ids=event.post_ids)


@subscriber(PostDeleted)
def forget(event: PostDeleted, event_id: int) -> None:
    """Take a deleted post out of its tags; a second time it is in none."""
    services.forget(post_id=event.post_id)
