"""Whether every row is where the map says, and only there; and what is done about it where not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connections, transaction

from apps.moves import sizes, tables
from apps.sharding import directory, ids
from apps.sharding.conf import conf
from apps.sharding.guards import MOVER

# What is younger may be under way.
LATE = timedelta(minutes=2)

CHECKSUM = """
SELECT count(*), coalesce(bit_xor(hashtextextended(t::text, 0)), 0) FROM {table} AS t WHERE {rows}
"""
LOST = """
SELECT count(*) FROM events_event WHERE finished_at IS NULL AND id < %s
    AND (handed_at IS NULL OR handed_at < now() - interval '10 minutes')
"""


class Stray(NamedTuple):
    """Rows of buckets on a server that does not own them, and that no move is to remove."""

    shard: str
    table: str
    rows: int
    buckets: tuple[int, ...]


class Claim(NamedTuple):
    """Buckets of which a server says something else than the map does."""

    shard: str
    claims: tuple[int, ...]
    disowns: tuple[int, ...]


class Report(NamedTuple):
    """What is wrong; `undelivered` are events by server that nobody has dispatched."""

    strays: list[Stray]
    claims: list[Claim]
    undelivered: dict[str, int]

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.strays or self.claims or any(self.undelivered.values()))


def verify() -> Report:
    """Hold all servers against the map; reads every table once."""
    held = directory.reload()
    claims, strays = [], []
    for shard in conf().shards:
        mine = {bucket for bucket, owner in enumerate(held.shards) if owner == shard}
        moving = held.strangers.get(shard, frozenset())
        says = set(sizes.owned_by(shard))
        if says - moving != mine - moving:
            claims.append(Claim(shard, tuple(sorted(says - mine)), tuple(sorted(mine - says))))
        strays += _strays(shard, mine | moving)
    return Report(strays, claims, {shard: _undelivered(shard) for shard in conf().shards})


def checksum(shard: str, table: tables.Table, buckets: Sequence[int]) -> tuple[int, int]:
    """Return the number of some buckets' rows, and a sum that their order does not change."""
    command = CHECKSUM.format(table=table.name, rows=tables.condition(table, buckets))
    with connections[shard].cursor() as cursor:
        cursor.execute(command)
        count, total = cursor.fetchone()
    return int(count), int(total)


def repair(report: Report) -> None:
    """Bring stray rows home, have each server own what the map says, and have events dispatched."""
    held = directory.reload()
    for claim in report.claims:
        _own(claim)
    for stray in report.strays:
        table = next(table for table in tables.every() if table.name == stray.table)
        for bucket in stray.buckets:
            _bring_home(table, bucket, stray.shard, held.shards[bucket])


def _strays(shard: str, may_be: set[int]) -> list[Stray]:
    found = []
    for table in tables.every():
        strange = {b: n for b, n in sizes.counted(shard, table).items() if b not in may_be}
        if strange:
            number = sum(strange.values())
            found.append(Stray(shard, table.name, number, tuple(sorted(strange))))
    return found


def _undelivered(shard: str) -> int:
    with connections[shard].cursor() as cursor:
        cursor.execute(LOST, [ids.first_at(datetime.now(UTC) - LATE)])
        return int(cursor.fetchone()[0])


def _own(claim: Claim) -> None:
    with transaction.atomic(using=claim.shard), connections[claim.shard].cursor() as cursor:
        cursor.execute(
            "DELETE FROM sharding_ownedbucket WHERE bucket = ANY(%s)", [list(claim.claims)]
        )
        cursor.execute(
            "INSERT INTO sharding_ownedbucket (bucket) SELECT unnest(%s::smallint[])",
            [list(claim.disowns)],
        )


def _bring_home(table: tables.Table, bucket: int, source: str, home: str) -> None:
    """Copy rows that the owner lacks; what it has stands. Then they go where they do not belong."""
    rows = tables.condition(table, [bucket])
    copy_out = f"COPY (SELECT * FROM {table.name} WHERE {rows}) TO STDOUT"
    with transaction.atomic(using=home), connections[home].cursor() as cursor:
        cursor.execute(f"SET LOCAL {MOVER} = 'on'")
        cursor.execute(f"CREATE TEMP TABLE brought (LIKE {table.name}) ON COMMIT DROP")
        with (
            connections[source].cursor() as other,
            other.cursor.copy(copy_out) as read,  # type: ignore[union-attr]
            cursor.cursor.copy("COPY brought FROM STDIN") as write,  # type: ignore[union-attr]
        ):
            for data in read:
                write.write(data)
        cursor.execute(f"INSERT INTO {table.name} SELECT * FROM brought ON CONFLICT DO NOTHING")
    with transaction.atomic(using=source), connections[source].cursor() as cursor:
        cursor.execute(f"SET LOCAL {MOVER} = 'on'")
        cursor.execute(f"DELETE FROM {table.name} WHERE {rows}")
