"""Keeping writers out of buckets for a moment, as the shard itself enforces it (`sharding_owns`).

First a bucket is marked as leaving: who writes to it from then on holds a lock until its commit.
When all who had begun before that are done, the mover takes that lock alone, and so knows that
nobody writes; under it the fence is put up. The fence falls by itself if the mover dies, until the
point of no return.
"""

import time
from collections.abc import Sequence

from django.db import connections, transaction

from apps.moves.errors import FenceLapsed, NotMovable

LOCK = 1136073601
# How long the fence stands by itself, and the longest that those who write already are waited for.
FENCE_SECONDS = 3.0
WAIT_SECONDS = 30.0
PAUSE_SECONDS = 0.02

LEAVE = """
UPDATE sharding_ownedbucket SET leaving = true WHERE bucket = ANY(%s) RETURNING
    (SELECT pg_current_xact_id()::text::bigint)
"""
OLDEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
FENCE = """
UPDATE sharding_ownedbucket SET fenced_until = clock_timestamp() + make_interval(secs => %s)
WHERE bucket = ANY(%s)
"""
FOR_GOOD = """
UPDATE sharding_ownedbucket SET fenced_until = 'infinity'
WHERE bucket = ANY(%s) AND fenced_until > clock_timestamp()
"""
STAY = """
UPDATE sharding_ownedbucket SET leaving = false, fenced_until = NULL WHERE bucket = ANY(%s)
"""


def leave(shard: str, buckets: Sequence[int]) -> None:
    """Have all who write to the buckets from now on hold the lock; waits for those before.

    Raises NotMovable where a transaction goes on for too long.
    """
    with connections[shard].cursor() as cursor:
        cursor.execute(LEAVE, [list(buckets)])
        marked = int(cursor.fetchone()[0])
    until = time.monotonic() + WAIT_SECONDS
    while _oldest(shard) <= marked:
        if time.monotonic() > until:
            raise NotMovable(
                f"A transaction on {shard} has been open for more than {WAIT_SECONDS:.0f} s, so "
                "writers cannot be kept out. End it (pg_stat_activity), then `shards resume`."
            )
        time.sleep(PAUSE_SECONDS)


def fence(shard: str, buckets: Sequence[int]) -> None:
    """Wait for those who write, and keep all others out from then on."""
    with transaction.atomic(using=shard), connections[shard].cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {int(FENCE_SECONDS * 1000)}")
        for bucket in sorted(buckets):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, bucket])
        cursor.execute(FENCE, [FENCE_SECONDS, list(buckets)])


def hold(shard: str, buckets: Sequence[int]) -> None:
    """Have the fence stand for good; raises FenceLapsed where it has fallen already."""
    with transaction.atomic(using=shard), connections[shard].cursor() as cursor:
        cursor.execute(FOR_GOOD, [list(buckets)])
        if cursor.rowcount != len(buckets):
            raise FenceLapsed


def lift(shard: str, buckets: Sequence[int]) -> None:
    """Let writers in as if nothing had been."""
    with connections[shard].cursor() as cursor:
        cursor.execute(STAY, [list(buckets)])


def give_up(shard: str, buckets: Sequence[int]) -> None:
    """Own the buckets no more."""
    with connections[shard].cursor() as cursor:
        cursor.execute("DELETE FROM sharding_ownedbucket WHERE bucket = ANY(%s)", [list(buckets)])


def _oldest(shard: str) -> int:
    with connections[shard].cursor() as cursor:
        cursor.execute(OLDEST)
        return int(cursor.fetchone()[0])
