"""Every write to home timelines."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connections

from apps.follows import selectors as follows
from apps.posts import selectors as posts
from apps.replication import scopes
from apps.sharding import bulk, shards
from apps.sharding.conf import conf
from apps.timelines.models import Entry

# How many of an author's posts a new follower gets at once.
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


def fan_out(items: Sequence[Item]) -> int:
    """Put posts into the timelines of all who follow their authors.

    One statement a shard, whatever the number of posts, authors and followers. Returns the number
    of new entries.
    """
    posts, authors, originals = (list(column) for column in zip(*items, strict=True))
    count = 0
    for shard in conf().shards:
        pairs = follows.follows_on(shard, set(authors)).query
        sql, params = pairs.get_compiler(using=shard).as_sql()
        with connections[shard].cursor() as cursor:
            cursor.execute(FAN_OUT.format(follows=sql), [*params, posts, authors, originals])
            count += cursor.rowcount
    return count


def take_back(*, author_id: int, post_id: int) -> None:
    """Take a post out of every follower's timeline."""
    for shard in conf().shards:
        followers = follows.followers_on(shard, author_id)
        Entry.objects.using(shard).filter(post_id=post_id, account_id__in=followers).delete()


def reconcile(*, account_id: int, author_id: int) -> None:
    """Bring a timeline in line with whether the account follows the author now.

    The lock makes two of these for one account wait for each other, so the one that runs last
    has seen the last change of the follow.
    """
    with scopes.primary():
        recent = list(posts.written_by(author_id)[:BACKFILL])
    with shards.atomic_for(account_id) as opened:
        with connections[opened.shard].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [account_id])
        if follows.is_following(account_id, author_id):
            entries = (_entry(account_id, item) for item in recent)
            Entry.objects.bulk_create(entries, ignore_conflicts=True)
        else:
            Entry.objects.filter(account_id=account_id, author_id=author_id).delete()


def _entry(account_id: int, item: dict[str, int]) -> Entry:
    return Entry(
        account_id=account_id,
        post_id=item["item_id"],
        author_id=item["by_id"],
        original_id=item["original_of"],
    )


def load_entries(rows: Iterable[tuple[int, int, int]]) -> int:
    """Store many entries (account id, post id, author id) at once; returns how many."""
    return bulk.load(Entry, ("account_id", "post_id", "author_id"), rows)
