"""The one post that an account shows first in its profile."""

from typing import Any

from apps.caching import ahead
from apps.caching.queries import cached
from apps.indexing.hot import hot
from apps.posts import cards, samples
from apps.posts.cards import Listed
from apps.posts.errors import NoSuchPost, NotTheAuthor
from apps.posts.models import Pin, Post
from apps.sharding import directory, harvest, shards
from apps.sharding.prepared import prepared


def pin(*, account_id: int, post_id: int) -> None:
    """Show a post first, in place of another. Raises NoSuchPost, NotTheAuthor."""
    with shards.atomic_for(post_id):
        row = Post.objects.select_for_update().filter(id=post_id, repost_of_id=None).first()
        if row is None:
            raise NoSuchPost(post_id)
        if row.author_id != account_id:
            raise NotTheAuthor
        Pin.objects.update_or_create(author_id=account_id, defaults={"post_id": post_id})


def unpin(*, account_id: int, post_id: int) -> None:
    """Show a post in its place again; nothing happens where it is not shown first."""
    with shards.atomic_for(account_id):
        Pin.objects.filter(author_id=account_id, post_id=post_id).delete()


def shown(author_id: int, *, viewer_id: int | None) -> list[Listed]:
    """Return the post that an account shows first, where it has one that the viewer sees."""
    found = harvest.part(directory.shard_of_id(author_id), lambda: _pinned(author_id), None)
    return cards.listed([found], viewer_id=viewer_id, asked=True) if found else []


def is_pinned(post_id: int, author_id: int) -> bool:
    """Tell whether its author shows a post first."""
    home = directory.shard_of_id(author_id)
    return harvest.part(home, lambda: _pinned(author_id), None) == post_id


def expected(author_id: int) -> list[ahead.Expected]:
    """Return what an author's profile will ask."""
    return [(_pinned, author_id)]


@cached("posts.pin", tags=lambda author_id: [f"posts.pin:{author_id}"])
@hot("posts.pin", lambda shard: samples.pinning(shard))
def _pinned(author_id: int) -> int | None:
    pinned = _pins(author_id)
    return pinned[0][0] if pinned else None


@prepared
def _pins(author_id: int) -> Any:
    return Pin.objects.filter(author_id=author_id).values_list("post_id")
