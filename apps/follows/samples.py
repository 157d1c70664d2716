"""Follows to try hot queries with: those of the busiest, on one shard."""

from django.db.models import Count

from apps.follows.models import Follow, Tally


def _most(shard: str, column: str) -> int | None:
    rows = Follow.objects.using(shard).order_by().values(column).annotate(number=Count("*"))
    first: int | None = rows.order_by("-number").values_list(column, flat=True).first()
    return first


def follower(shard: str) -> tuple[int] | None:
    """Return who follows most accounts."""
    found = _most(shard, "follower_id")
    return None if found is None else (found,)


def followers_of(shard: str) -> tuple[str, int] | None:
    """Return the account with most followers on a shard."""
    found = _most(shard, "followed_id")
    return None if found is None else (shard, found)


def pair(shard: str) -> tuple[int, int] | None:
    """Return a follow of who follows most."""
    found = follower(shard)
    rows = Follow.objects.using(shard).filter(follower_id__in=found or ())
    return rows.values_list("follower_id", "followed_id").first()


def busy(shard: str) -> tuple[int] | None:
    """Return an owner of counts."""
    rows = Tally.objects.using(shard).order_by("-followers")
    first = rows.values_list("owner_id", flat=True).first()
    return None if first is None else (first,)
