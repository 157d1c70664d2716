"""The facts that posts announces."""

from dataclasses import dataclass

from apps.events.registry import Event
from apps.posts.kinds import Audience
from apps.posts.texts import SIGNS


@dataclass(frozen=True)
class PostPublished(Event):
    """A post or a reply that is for everybody, or a repost, is there."""

    topic = "posts.post-published.v1"
    key_field = "author_id"

    post_id: int
    author_id: int
    in_reply_to_id: int | None = None
    root_id: int | None = None
    repost_of_id: int | None = None
    # Which of these its text has: who looks for names, tags or links is not handed the others.
    signs: str = SIGNS


@dataclass(frozen=True)
class PostShared(Event):
    """A post or a reply is there that is not for everybody.

    A topic of its own: who makes something public of posts does not hear of it.
    """

    topic = "posts.post-shared.v1"
    key_field = "author_id"

    post_id: int
    author_id: int
    audience: int
    in_reply_to_id: int | None = None
    root_id: int | None = None


@dataclass(frozen=True)
class PostEdited(Event):
    """A post or a reply that is for everybody says something else now."""

    topic = "posts.post-edited.v1"
    key_field = "author_id"

    post_id: int
    author_id: int
    in_reply_to_id: int | None = None


@dataclass(frozen=True)
class SharedEdited(Event):
    """A post or a reply that is not for everybody says something else now."""

    topic = "posts.shared-edited.v1"
    key_field = "author_id"

    post_id: int
    author_id: int
    in_reply_to_id: int | None = None
    # Where an older event does not say it, it is as for the fewest.
    audience: int = int(Audience.NAMED)


@dataclass(frozen=True)
class PostDeleted(Event):
    """A post, a reply or a repost is gone."""

    topic = "posts.post-deleted.v1"
    key_field = "author_id"

    post_id: int
    author_id: int
    in_reply_to_id: int | None = None
    root_id: int | None = None
    repost_of_id: int | None = None
    audience: int = 0


@dataclass(frozen=True)
class PostArrived(Event):
    """A post is in the timelines of all followers, and on all replicas of its shard."""

    topic = "posts.post-arrived.v1"
    key_field = "author_id"
    in_order = False

    post_id: int
    author_id: int


@dataclass(frozen=True)
class PostCounted(Event):
    """The replies or reposts that are counted on a post have changed."""

    topic = "posts.post-counted.v1"
    key_field = "post_id"
    in_order = False

    post_id: int


@dataclass(frozen=True)
class PostLiked(Event):
    """An account likes a post now. Many may like one post at once, so no order is promised."""

    topic = "posts.post-liked.v1"
    key_field = "post_id"
    in_order = False

    post_id: int
    author_id: int
    account_id: int


@dataclass(frozen=True)
class PostUnliked(Event):
    """An account no longer likes a post. No order is promised."""

    topic = "posts.post-unliked.v1"
    key_field = "post_id"
    in_order = False

    post_id: int
    author_id: int
    account_id: int


@dataclass(frozen=True)
class PostsImported(Event):
    """Posts from an archive are there, with their old times. Nobody is notified of them."""

    topic = "posts.posts-imported.v1"
    key_field = "author_id"

    author_id: int
    post_ids: list[int]
