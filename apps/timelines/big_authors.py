"""Big authors: above a number of followers their posts are not fanned out but merged at read.

The truth is a row on the author's shard; a copy on every shard tells the readers there. Copies
come before the truth and go after it, so whoever finds a post not fanned out finds a copy. Where
both are, a post may come twice, and readers drop the second.

A fan-out holds the author's lock shared, a change of state holds it alone. So a fan-out comes
either before a change, or after it and sees it.
"""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import connections, transaction
from django.db.models import BigIntegerField, Value
from django.db.models.functions import Least

from apps.follows import selectors as follows
from apps.posts import selectors as posts
from apps.replication import scopes
from apps.sharding import shards
from apps.sharding.conf import conf
from apps.timelines import entries, horizons, mixing
from apps.timelines.entries import Item
from apps.timelines.models import MergedAuthor, MergedAuthorCopy

# The first number keeps these locks apart from all others.
ALONE = "SELECT pg_advisory_xact_lock(1004, hashint8(%s))"
# In one order, so that two of these never wait for each other in a circle.
SHARED = """
SELECT pg_advisory_xact_lock_shared(1004, number)
FROM (SELECT DISTINCT hashint8(id) FROM unnest(%s::bigint[]) AS id ORDER BY 1) AS locks(number)
"""


def left_out(shard: str, items: Sequence[Item]) -> set[int]:
    """Return those of the posts' authors whose posts are not to be fanned out, and note that.

    Call it in a transaction on the authors' shard, and fan out in the same: the answer holds to
    its end.
    """
    lowest: dict[int, int] = {}
    for item in items:
        lowest[item.author_id] = min(item.post_id, lowest.get(item.author_id, item.post_id))
    with connections[shard].cursor() as cursor:
        cursor.execute(SHARED, [list(lowest)])
    merged = MergedAuthor.objects.using(shard).filter(author_id__in=lowest)
    found = set(merged.values_list("author_id", flat=True))
    for author_id in sorted(found):
        missing = Least("missing_from", Value(lowest[author_id], output_field=BigIntegerField()))
        merged.filter(author_id=author_id).update(missing_from=missing)
    return found


def merge(*, author_id: int) -> None:
    """Have readers merge an author's posts from now on; a second time changes nothing."""
    with shards.atomic_for(author_id):
        _lock(author_id)
        _copy(author_id)
        MergedAuthor.objects.get_or_create(author_id=author_id)


def unmerge(*, author_id: int) -> None:
    """Fan an author's posts out again, and first what was left out meanwhile.

    Whatever ends it half way, running it again ends it well: entries that are there stay, and
    the truth goes only when all are.
    """
    with shards.atomic_for(author_id):
        _lock(author_id)
        row = MergedAuthor.objects.filter(author_id=author_id)
        for missing_from in row.values_list("missing_from", flat=True):
            _fill(author_id, missing_from)
        row.delete()
    align(author_id=author_id)


def align(*, author_id: int) -> None:
    """Bring the copies in line with the truth.

    Who waited for the lock in order to fan out has done so when this takes it.
    """
    with shards.atomic_for(author_id):
        _lock(author_id)
        if MergedAuthor.objects.filter(author_id=author_id).exists():
            _copy(author_id)
        else:
            for shard in conf().shards:
                MergedAuthorCopy.objects.using(shard).filter(author_id=author_id).delete()


def review(*, author_id: int) -> None:
    """Merge an author's posts or fan them out, as the number of followers says now."""
    with scopes.primary():
        followers = follows.counts(author_id)["followers"]
        merged = MergedAuthor.objects.filter(author_id=author_id).exists()
    wanted = is_big(followers, merged=merged, above=settings.TIMELINES_MERGE_ABOVE)
    if wanted and not merged:
        merge(author_id=author_id)
    if merged and not wanted:
        unmerge(author_id=author_id)


def review_all() -> None:
    """Review who is merged and who should be, and mend what a crash has left behind."""
    big: set[int] = set()
    for shard in conf().shards:
        big |= set(follows.followed_by_more_than(shard, settings.TIMELINES_MERGE_ABOVE))
    with scopes.primary():
        merged = _merged()
        copies = [
            set(MergedAuthorCopy.objects.using(shard).values_list("author_id", flat=True))
            for shard in conf().shards
        ]
    for author_id in sorted(amiss(merged, copies)):
        align(author_id=author_id)
    for author_id in sorted(big | merged):
        review(author_id=author_id)


def is_big(followers: int, *, merged: bool, above: int) -> bool:
    """Tell whether an author is to be merged: above the threshold; once merged, down to half."""
    return followers * 2 >= above if merged else followers > above


def amiss(merged: set[int], copies: Iterable[set[int]]) -> set[int]:
    """Return the authors of whom some shard has no copy but should, or has one but should not."""
    return {author_id for here in copies for author_id in here ^ merged}


def _merged() -> set[int]:
    found: set[int] = set()
    for shard in conf().shards:
        found |= set(MergedAuthor.objects.using(shard).values_list("author_id", flat=True))
    return found


def _lock(author_id: int) -> None:
    opened = shards.require("A change of how an author is read")
    with connections[opened.shard].cursor() as cursor:
        cursor.execute(ALONE, [author_id])


def _copy(author_id: int) -> None:
    for shard in conf().shards:
        row = MergedAuthorCopy(author_id=author_id)
        MergedAuthorCopy.objects.using(shard).bulk_create([row], ignore_conflicts=True)


def _fill(author_id: int, missing_from: int | None) -> None:
    if missing_from is None:
        return
    missing = posts.written_by(author_id, since=missing_from)[: entries.BACKFILL + 1]
    newest, floor = mixing.cut(missing, entries.BACKFILL)
    items = [Item(item["item_id"], author_id, item["original_of"]) for item in newest]
    for shard in conf().shards:
        with transaction.atomic(using=shard):
            entries.spread(shard, items)
            if floor is not None:
                horizons.raise_followers(shard, author_id, floor)
