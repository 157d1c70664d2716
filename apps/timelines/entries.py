"""Entries of many timelines at once: one statement a shard, whatever the number of followers."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connections

from apps.follows import samples
from apps.follows import selectors as follows
from apps.indexing.hot import hot
from apps.sharding import bulk
from apps.timelines.models import Entry

# How many of an author's posts a timeline gets at once; below them its horizon is raised.
BACKFILL = 1000

FAN_OUT = """
INSERT INTO timelines_entry (account_id, post_id, author_id, original_id)
SELECT follow.follower_id, post.id, post.author_id, post.original_id
FROM ({follows}) AS follow(follower_id, author_id)
JOIN unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS post(id, author_id, original_id)
    ON post.author_id = follow.author_id
ON CONFLICT DO NOTHING
"""


class Item(NamedTuple):
    """A post for timelines; `original_id` is of the post that it reposts, None if it is none."""

    post_id: int
    author_id: int
    original_id: int | None


@hot("timelines.fan_out", lambda shard: _a_post(shard))
def spread(shard: str, items: Sequence[Item]) -> int:
    """Put posts into the timelines of their authors' followers on a shard.

    Returns the number of new entries.
    """
    if not items:
        return 0
    posts, authors, originals = (list(column) for column in zip(*items, strict=True))
    pairs = follows.follows_on(shard, set(authors)).query
    sql, params = pairs.get_compiler(using=shard).as_sql()
    with connections[shard].cursor() as cursor:
        cursor.execute(FAN_OUT.format(follows=sql), [*params, posts, authors, originals])
        return int(cursor.rowcount)


def _a_post(shard: str) -> tuple[str, list[Item]] | None:
    found = samples.followers_of(shard)
    return (shard, [Item(1, found[1], None)]) if found else None


def put(account_id: int, items: Iterable[dict[str, Any]]) -> None:
    """Put posts into one timeline, in the account's transaction."""
    rows = (
        Entry(
            account_id=account_id,
            post_id=item["item_id"],
            author_id=item["by_id"],
            original_id=item["original_of"],
        )
        for item in items
    )
    Entry.objects.bulk_create(rows, ignore_conflicts=True)


def load(rows: Iterable[tuple[int, int, int]]) -> int:
    """Store many entries (account id, post id, author id) at once; returns how many."""
    return bulk.load(Entry, ("account_id", "post_id", "author_id"), rows)
