"""All that one account wrote, liked and keeps, in the order of the ids, in bounded memory."""

from collections.abc import Iterator
from typing import Any

from apps.posts.models import Bookmark, Like, Post
from apps.sharding.conf import conf

# Rows that are held at a time.
CHUNK = 1000


def posts_of(author_id: int) -> Iterator[list[Post]]:
    """Yield the posts, replies and reposts of an account in chunks, the oldest first."""
    rows = Post.objects.filter(author_id=author_id)
    yield from _chunks(rows, "id")


def illustrated_of(author_id: int) -> Iterator[list[int]]:
    """Yield the ids of an account's posts with pictures in chunks, the oldest first."""
    for chunk in _chunks(Post.objects.filter(author_id=author_id, pictures__gt=0), "id"):
        yield [row.pk for row in chunk]


def likes_of(account_id: int) -> Iterator[list[int]]:
    """Yield the ids of the posts that an account likes in chunks, from every shard."""
    for shard in conf().shards:
        for chunk in _chunks(Like.objects.on(shard).filter(account_id=account_id), "post_id"):
            yield [row.post_id for row in chunk]


def bookmarks_of(account_id: int) -> Iterator[list[int]]:
    """Yield the ids of the posts that an account keeps in chunks, what it has kept first first."""
    for chunk in _chunks(Bookmark.objects.filter(account_id=account_id), "id"):
        yield [row.post_id for row in chunk]


def how_many(author_id: int) -> int:
    """Return how many posts, replies and reposts an account has now."""
    return Post.objects.filter(author_id=author_id).count()


def _chunks(rows: Any, key: str) -> Iterator[list[Any]]:
    after = 0
    while chunk := list(rows.filter(**{f"{key}__gt": after}).order_by(key)[:CHUNK]):
        yield chunk
        after = getattr(chunk[-1], key)
