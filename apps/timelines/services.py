"""Every write to home timelines."""

from collections.abc import Iterable, Sequence

from django.db import connections, transaction

from apps.follows import selectors as follows
from apps.posts import selectors as posts
from apps.replication import scopes
from apps.sharding import directory, shards
from apps.sharding.conf import conf
from apps.timelines import big_authors, entries, horizons, mixing
from apps.timelines.entries import Item
from apps.timelines.models import Entry


def fan_out(items: Sequence[Item]) -> int:
    """Put posts of one shard into the timelines of all who follow their authors.

    One statement a shard, whatever the number of posts, authors and followers. Those of authors
    who are merged at read are left out. Returns the number of new entries.
    """
    if not items:
        return 0
    home = directory.shard_of_id(items[0].author_id)
    with transaction.atomic(using=home):
        left_out = big_authors.left_out(home, items)
        spread = [item for item in items if item.author_id not in left_out]
        return sum(entries.spread(shard, spread) for shard in conf().shards)


def take_back(*, author_id: int, post_id: int) -> None:
    """Take a post out of every follower's timeline."""
    for shard in conf().shards:
        followers = follows.followers_on(shard, author_id)
        Entry.objects.using(shard).filter(post_id=post_id, account_id__in=followers).delete()


def reconcile(*, account_id: int, author_id: int) -> None:
    """Bring a timeline in line with whether the account follows the author now.

    The lock makes two of these for one account wait for each other, so the one that runs last
    has seen the last change of the follow, and the posts that the one before took out.
    """
    with shards.atomic_for(account_id) as opened:
        with connections[opened.shard].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [account_id])
        if not follows.is_following(account_id, author_id):
            Entry.objects.filter(account_id=account_id, author_id=author_id).delete()
            return
        with scopes.primary():
            written = list(posts.written_by(author_id)[: entries.BACKFILL + 1])
        newest, floor = mixing.cut(written, entries.BACKFILL)
        entries.put(account_id, newest)
        if floor is not None:
            horizons.raise_own(opened.shard, account_id, floor)


def load_entries(rows: Iterable[tuple[int, int, int]]) -> int:
    """Store many entries (account id, post id, author id) at once; returns how many."""
    return entries.load(rows)


def load_horizons(rows: Iterable[tuple[int, int]]) -> int:
    """Store the horizons (account id, post id) of loaded entries; returns how many."""
    return horizons.load(rows)
