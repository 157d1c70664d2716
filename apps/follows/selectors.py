"""Every read of follows that others need."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import router
from django.db.models import OuterRef, Sum

from apps.caching.queries import cached, cached_many
from apps.follows import samples
from apps.follows.models import Follow, Tally
from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.sharding import harvest, querysets
from apps.sharding.conf import conf
from apps.sharding.prepared import prepared
from apps.sharding.tallies import SLOTS, WHY_SLOTS


@cached(
    "follows.following", tags=lambda follower_id, followed_id: [f"follows.follower:{follower_id}"]
)
@hot("follows.following", lambda shard: samples.pair(shard))
def is_following(follower_id: int, followed_id: int) -> bool:
    """Tell whether one account follows another."""
    return bool(_follow(follower_id, followed_id))


@prepared
def _follow(follower_id: int, followed_id: int) -> Any:
    rows = Follow.objects.filter(follower_id=follower_id, followed_id=followed_id)
    return rows.order_by().values_list("followed_id")


def counts(account_id: int) -> dict[str, int]:
    """Return `following` and `followers` of an account."""
    return counts_of([account_id]).get(account_id, {"following": 0, "followers": 0})


@cached_many("follows.counts", tags=lambda account_id: [f"follows.tally:{account_id}"])
@hot("follows.counts", lambda shard: samples.owners(shard), most=SLOTS, why=WHY_SLOTS)
def counts_of(account_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return `following` and `followers` of accounts by id; left out where there are none."""
    return Tally.of_many(account_ids)


@hot("follows.following_among", lambda shard: samples.one_of(shard, "follower_id"))
def following_among(follower_id: int, account_ids: Sequence[int]) -> list[int]:
    """Return those of some accounts that one follows."""
    rows = Follow.objects.filter(follower_id=follower_id, followed_id__in=account_ids)
    return list(rows.order_by().values_list("followed_id", flat=True))


@hot("follows.followers_among", lambda shard: samples.one_of(shard, "followed_id"))
def followers_among(followed_id: int, account_ids: Sequence[int]) -> list[int]:
    """Return those of some accounts that follow one; one query a shard."""
    found: list[int] = []
    for group in querysets.by_shard(account_ids).values():
        rows = Follow.objects.filter(follower_id__in=group, followed_id=followed_id).order_by()
        found += rows.values_list("follower_id", flat=True)
    return found


@hot("follows.following_page", lambda shard: samples.first_page(shard, "follower_id"))
def following_page(account_id: int, before: int | None, limit: int) -> cursors.Page[int]:
    """Return a page of those whom an account follows, by id, the highest first."""
    rows = followed_by(account_id)
    if before is not None:
        rows = rows.filter(followed_id__lt=before)
    return cursors.page(list(rows.order_by("-followed_id")[: limit + 1]), limit, key=int)


@hot("follows.followers_page", lambda shard: samples.first_page(shard, "followed_id"))
def followers_page(account_id: int, before: int | None, limit: int) -> cursors.Page[int]:
    """Return a page of an account's followers, by id, the highest first, from every shard."""

    def highest(shard: str) -> list[int]:
        rows = followers_on(router.db_for_read(Follow, shard=shard), account_id)
        if before is not None:
            rows = rows.filter(follower_id__lt=before)
        return list(rows.order_by("-follower_id")[: limit + 1])

    found = harvest.from_each(conf().shards, highest)
    return cursors.page(cursors.merge(found.values(), limit + 1, key=int), limit, key=int)


@hot("follows.followers", lambda shard: samples.followers_of(shard))
def followers_on(shard: str, account_id: int) -> Any:
    """Return the ids of an account's followers that live on one shard, as a queryset."""
    rows = Follow.objects.using(shard).filter(followed_id=account_id).order_by()
    return rows.values_list("follower_id", flat=True)


def follows_on(shard: str, account_ids: Collection[int]) -> Any:
    """Return who follows any of the accounts, (follower, followed), on one shard: a queryset."""
    rows = Follow.objects.using(shard).filter(followed_id__in=account_ids).order_by()
    return rows.values_list("follower_id", "followed_id")


@hot("follows.followed", lambda shard: samples.follower(shard))
def followed_by(account_id: int) -> Any:
    """Return the ids of those whom an account follows, as a queryset."""
    rows = Follow.objects.filter(follower_id=account_id).order_by()
    return rows.values_list("followed_id", flat=True)


def followed_by_more_than(shard: str, number: int) -> list[int]:
    """Return the accounts of a shard that have more than `number` followers.

    Of up to eight counts one is above the average: so most accounts need no sum.
    """
    tallies = Tally.objects.on(shard).order_by()
    high = tallies.filter(followers__gt=number // SLOTS).values("owner_id")
    sums = tallies.filter(owner_id__in=high).values("owner_id").annotate(total=Sum("followers"))
    return list(sums.filter(total__gt=number).values_list("owner_id", flat=True))


def follow_beside(follower: str, followed: str) -> Any:
    """Return, for `Exists` in a query on the follower's shard, the follow of two columns."""
    return Follow.objects.filter(follower_id=OuterRef(follower), followed_id=OuterRef(followed))
