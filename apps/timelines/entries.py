"""Entries of many timelines at once: one statement a shard, whatever the number of followers."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections

from apps.follows import selectors as follows
from apps.sharding import bulk
from apps.timelines.models import Entry

# How many of an author's posts a timeline gets at once; below them its horizon is raised.
BACKFILL = 1000

FAN_OUT = """
INSERT INTO timelines_entry (account_id, post_id, author_id, original_id)
SELECT follower.id, post.id, %s, post.original_id
FROM ({followers}) AS follower(id)
CROSS JOIN unnest(%s::bigint[], %s::bigint[]) AS post(id, original_id)
ON CONFLICT DO NOTHING
"""

Item = tuple[int, int | None]


def spread(shard: str, author_id: int, items: Sequence[Item]) -> int:
    """Put posts (id, id of the original if a repost) into the timelines of a shard's followers.

    Returns the number of new entries.
    """
    post_ids = [post_id for post_id, _ in items]
    originals = [original_id for _, original_id in items]
    followers = follows.followers_on(shard, author_id).query
    sql, params = followers.get_compiler(using=shard).as_sql()
    with connections[shard].cursor() as cursor:
        cursor.execute(FAN_OUT.format(followers=sql), [author_id, *params, post_ids, originals])
        return int(cursor.rowcount)


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
