"""Who is told of a mention. Imported posts mention nobody: what they say was said long ago."""

from apps.bundled.mentions import services
from apps.events.registry import subscriber
from apps.posts.events import PostDeleted, PostEdited, PostPublished, PostShared, SharedEdited


@subscriber(PostPublished, ordered=False, when=lambda event: "@" in event.signs)
@subscriber(PostShared, ordered=False, name="mentions.tell_of_shared")
@subscriber(PostEdited, ordered=False, name="mentions.tell_of_edited")
@subscriber(SharedEdited, ordered=False, name="mentions.tell_of_shared_edited")
def tell(event: PostPublished | PostShared | PostEdited | SharedEdited, event_id: int) -> None:
    """Notify those who are mentioned; a second time they are told already."""
    services.tell(
        post_id=event.post_id, author_id=event.author_id, in_reply_to_id=event.in_reply_to_id
    )


@subscriber(PostDeleted, ordered=False, when=lambda event: event.repost_of_id is None)
def take_back(event: PostDeleted, event_id: int) -> None:
    """Take it back; a second time there is nothing to take."""
    services.take_back(post_id=event.post_id, author_id=event.author_id)
