"""Every read of follows that others need."""

from collections.abc import Collection
from typing import Any

from django.db.models import OuterRef, Sum

from apps.caching.queries import cached
from apps.follows import samples
from apps.follows.models import Follow, Tally
from apps.indexing.hot import hot
from apps.sharding.tallies import SLOTS, WHY_SLOTS


@cached(
    "follows.following", tags=lambda follower_id, followed_id: [f"follows.follower:{follower_id}"]
)
@hot("follows.following", lambda shard: samples.pair(shard))
def is_following(follower_id: int, followed_id: int) -> bool:
    """Tell whether one account follows another."""
    return Follow.objects.filter(follower_id=follower_id, followed_id=followed_id).exists()


@cached("follows.counts", tags=lambda account_id: [f"follows.tally:{account_id}"])
@hot("follows.counts", lambda shard: samples.busy(shard), most=SLOTS, why=WHY_SLOTS)
def counts(account_id: int) -> dict[str, int]:
    """Return `following` and `followers` of an account."""
    return Tally.of(account_id)


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
