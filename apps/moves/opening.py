"""What a target needs before it owns a bucket: a clock that is not behind, positions of its own."""

from collections.abc import Sequence

from django.db import connections, transaction

from apps.moves import tables
from apps.moves.models import Move
from apps.replication import positions
from apps.replication.tokens import Position
from apps.sharding.guards import MOVER

CLOCK = "SELECT last_value FROM sharding_clock"
# Under the clock's own lock: it never goes back.
AHEAD = """
SELECT pg_advisory_xact_lock(1136073600, 0),
    setval('sharding_clock', greatest((SELECT last_value FROM sharding_clock), %s))
"""
OWN = """
INSERT INTO sharding_ownedbucket (bucket) SELECT unnest(%s::smallint[])
ON CONFLICT (bucket) DO UPDATE SET leaving = false, fenced_until = NULL
"""


def own(move: Move) -> Position:
    """Have the target own the buckets; returns the position from which on it is whole."""
    with connections[move.source].cursor() as cursor:
        cursor.execute(CLOCK)
        ticks = int(cursor.fetchone()[0])
    with transaction.atomic(using=move.target), connections[move.target].cursor() as cursor:
        cursor.execute(AHEAD, [ticks])
        cursor.execute(f"SET LOCAL {MOVER} = 'on'")
        for command in _anew(move.buckets):
            cursor.execute(command)
        cursor.execute(OWN, [list(move.buckets)])
    return positions.ask(move.target, whole=True)


def _anew(buckets: Sequence[int]) -> list[str]:
    return [
        f"UPDATE {table.name} SET {column} = pg_current_wal_lsn() - '0/0' "
        f"WHERE {tables.condition(table, buckets)}"
        for table in tables.every()
        for column in table.positions
    ]
