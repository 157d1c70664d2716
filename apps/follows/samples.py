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


def owners(shard: str) -> tuple[list[int]] | None:
    """Return an owner of counts, in a list."""
    rows = Tally.objects.using(shard).order_by("-followers")
    first = rows.values_list("owner_id", flat=True).first()
    return None if first is None else ([first],)


def one_of(shard: str, column: str) -> tuple[int, list[int]] | None:
    """Return who has most follows on one side, and an account on the other side of one."""
    other = "followed_id" if column == "follower_id" else "follower_id"
    most = _most(shard, column)
    found = Follow.objects.using(shard).filter(**{column: most}).values_list(other, flat=True)
    first = found.order_by().first() if most is not None else None
    return None if most is None or first is None else (most, [first])


def first_page(shard: str, column: str) -> tuple[int, None, int] | None:
    """Return who has most follows on one side, for the first page of them."""
    most = _most(shard, column)
    return None if most is None else (most, None, 20)
