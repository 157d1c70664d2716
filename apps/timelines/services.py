"""Every write to home timelines."""

from collections.abc import Iterable, Sequence

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
SELECT follower.id, post.id, %s, post.original_id
FROM ({followers}) AS follower(id)
CROSS JOIN unnest(%s::bigint[], %s::bigint[]) AS post(id, original_id)
ON CONFLICT DO NOTHING
"""


def fan_out(*, author_id: int, items: Sequence[tuple[int, int | None]]) -> int:
    """Put posts (id, id of the original if a repost) into every follower's timeline.

    One statement a shard, whatever the number of followers. Returns the number of new entries.
    """
    post_ids = [post_id for post_id, _ in items]
    originals = [original_id for _, original_id in items]
    count = 0
    for shard in conf().shards:
        followers = follows.followers_on(shard, author_id).query
        sql, params = followers.get_compiler(using=shard).as_sql()
        with connections[shard].cursor() as cursor:
            cursor.execute(FAN_OUT.format(followers=sql), [author_id, *params, post_ids, originals])
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
