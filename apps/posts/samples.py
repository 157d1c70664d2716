"""Posts to try hot queries with: those of the busiest, on one shard."""

from typing import Any

from django.db.models import Count

from apps.posts.models import Bookmark, KeptDraft, Like, Pin, Post, Reply, Version

AUTHORS = 20


def _most(rows: Any, column: str) -> int | None:
    found = rows.values(column).annotate(number=Count("*")).order_by("-number")
    first: int | None = found.values_list(column, flat=True).first()
    return first


def author(shard: str) -> int | None:
    """Return who wrote most."""
    return _most(Post.objects.using(shard), "author_id")


def first_page(shard: str) -> tuple[int, None] | None:
    """Return who wrote most, for the first page of it."""
    found = author(shard)
    return None if found is None else (found, None)


def authors(shard: str) -> list[int]:
    """Return some authors of a shard."""
    rows = Post.objects.using(shard).order_by("-id").values_list("author_id", flat=True)
    return list(dict.fromkeys(rows[:2000]))[:AUTHORS]


def post_ids(shard: str) -> list[int]:
    """Return the newest posts."""
    return list(Post.objects.using(shard).order_by("-id").values_list("id", flat=True)[:20])


def liker(shard: str) -> int | None:
    """Return who likes most."""
    return _most(Like.objects.using(shard), "account_id")


def edited(shard: str) -> tuple[int] | None:
    """Return what was changed most."""
    found = _most(Version.objects.using(shard), "post_id")
    return None if found is None else (found,)


def pinning(shard: str) -> tuple[int] | None:
    """Return who shows a post first."""
    found = Pin.objects.using(shard).values_list("author_id", flat=True).first()
    return None if found is None else (found,)


def keeper(shard: str) -> int | None:
    """Return who has most bookmarks."""
    return _most(Bookmark.objects.using(shard), "account_id")


def drafter(shard: str) -> int | None:
    """Return who keeps most drafts."""
    return _most(KeptDraft.objects.using(shard), "author_id")


def answered(shard: str) -> tuple[int, int] | None:
    """Return a conversation's first post, and the post in it with most answers."""
    root_id = _most(Reply.objects.using(shard), "root_id")
    if root_id is None:
        return None
    parent_id = _most(Reply.objects.using(shard).filter(root_id=root_id), "parent_id")
    return root_id, parent_id or root_id


def given(*values: Any) -> tuple[Any, ...] | None:
    """Return arguments, None where one of them is not there."""
    return None if any(value is None or value == [] for value in values) else values
