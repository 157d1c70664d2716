"""Each shard's clock: hands out ticks that never repeat and never go back.

The clock is a sequence on the shard's primary that holds the last tick. It is set to the wall
clock wherever that is ahead, under an advisory lock held for microseconds; so a wall clock that
steps back, many processes in one millisecond and the 4,097th id in one all give new, larger ids.
Its functions are made by this app's first migration.
"""

from django.db import DatabaseError, connections

# What an ordinary transaction needs: a row, its event and some to spare, in one round trip.
RESERVE = 8
NOT_OWNED = "RK001"


def reserve(shard: str, count: int) -> range:
    """Return `count` ticks of this shard's clock that nobody else gets, rising."""
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT sharding_ticks(%s)", [count])
        first = int(cursor.fetchone()[0])
    return range(first, first + count)


def enter(shard: str, bucket: int) -> range:
    """Return a reserve of ticks if the shard owns `bucket`; a DatabaseError RK001 if not."""
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT sharding_enter(%s, %s)", [bucket, RESERVE])
        first = int(cursor.fetchone()[0])
    return range(first, first + RESERVE)


def is_foreign(error: DatabaseError) -> bool:
    """Tell whether a shard refused because the bucket is not its own."""
    return getattr(error.__cause__, "sqlstate", None) == NOT_OWNED
