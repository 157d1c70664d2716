"""Removing rows that a shard does not own, few at a time, so that nobody waits for it.

They are deleted as any row is, so that the cache hears of it; only the guard is told who does it.
"""

from collections.abc import Callable, Sequence

from django.db import connections, transaction

from apps.moves import tables
from apps.sharding.guards import MOVER

PAGES = 64

SIZE = "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int"
SOME = """
DELETE FROM {leaf} WHERE ctid >= '({first},0)'::tid AND ctid < '({last},0)'::tid AND {condition}
"""


def remove(shard: str, buckets: Sequence[int], told: Callable[[int], None]) -> int:
    """Delete all rows of buckets on a shard; returns how many. Harmless twice."""
    count = 0
    for table in tables.every():
        for leaf in tables.leaves(shard, table):
            for first in range(0, _pages(shard, leaf), PAGES):
                count += _some(shard, leaf, first, tables.condition(table, buckets))
                told(count)
    return count


def _some(shard: str, leaf: str, first: int, condition: str) -> int:
    command = SOME.format(leaf=leaf, first=first, last=first + PAGES, condition=condition)
    with transaction.atomic(using=shard), connections[shard].cursor() as cursor:
        cursor.execute(f"SET LOCAL {MOVER} = 'on'")
        cursor.execute(command)
        return int(cursor.rowcount)


def _pages(shard: str, leaf: str) -> int:
    with connections[shard].cursor() as cursor:
        cursor.execute(SIZE, [leaf])
        return int(cursor.fetchone()[0]) + 1
