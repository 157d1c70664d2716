"""Fragments: the event log and its receipts lie in a partition for each week of the event's id.

Coming weeks are made ahead of time. There is no partition for what fits nowhere: an event that
finds no week fails its transaction, which is seen; rows in a default partition would not be.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connections, transaction

from apps.events.models import DeadLetter, Delivery
from apps.events.models import Event as Row
from apps.sharding.ids import EPOCH, first_at, time_of

# The column that each table is partitioned on; the log comes last, as receipts refer to it.
TABLES = {"events_receipt": "event_id", "events_event": "id"}
AHEAD = 4
WEEK = timedelta(weeks=1)
BATCH = 10_000

LIST = """
SELECT child.relname, pg_get_expr(child.relpartbound, child.oid), inhdetachpending,
       greatest(child.reltuples, 0)::bigint, pg_total_relation_size(child.oid)
FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = %s::regclass ORDER BY 1
"""
BOUNDS = re.compile(r"FROM \((?:'(-?\d+)'|MINVALUE)\) TO \('(-?\d+)'\)")


@dataclass(frozen=True)
class Fragment:
    """A partition: ids from `lower` (None: from the first) up to but not with `upper`."""

    shard: str
    table: str
    name: str
    lower: int | None
    upper: int
    rows: int
    size: int
    half_detached: bool = False

    @property
    def until(self) -> datetime:
        """The moment that its last week ends."""
        return time_of(self.upper)


@dataclass(frozen=True)
class Kept:
    """A fragment that is old enough to go but still needed, and why."""

    fragment: Fragment
    reason: str


def fragments_of(shard: str) -> list[Fragment]:
    """Return the fragments of one shard, oldest first; `rows` is the planner's estimate."""
    found: list[Fragment] = []
    for table in TABLES:
        with connections[shard].cursor() as cursor:
            cursor.execute(LIST, [table])
            for name, bound, detaching, rows, size in cursor.fetchall():
                lower, upper = _bounds(bound)
                found.append(Fragment(shard, table, name, lower, upper, rows, size, detaching))
    return sorted(found, key=lambda fragment: (fragment.upper, fragment.table))


def ensure(shard: str, now: datetime, ahead: int = AHEAD) -> list[str]:
    """Make the fragments of this week and of the coming ones that are missing; returns them."""
    made: list[str] = []
    with transaction.atomic(using=shard), connections[shard].cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute("SELECT pg_advisory_xact_lock(1002, 0)")
        have = fragments_of(shard)
        for table in TABLES:
            covered = max((f.upper for f in have if f.table == table), default=0)
            for monday in _mondays(now, ahead):
                if first_at(monday + WEEK) <= covered:
                    continue
                name = name_of(table, monday)
                lower, upper = first_at(monday), first_at(monday + WEEK)
                # Attaching, unlike creating in place, lets inserts go on.
                cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
                cursor.execute(
                    f"ALTER TABLE {table} ATTACH PARTITION {name} "
                    f"FOR VALUES FROM ({lower}) TO ({upper})"
                )
                made.append(name)
    return made


def weeks_ahead(shard: str, now: datetime) -> float:
    """Return how many weeks from now the fragments of this shard last."""
    uppers = dict.fromkeys(TABLES, 0)
    for fragment in fragments_of(shard):
        uppers[fragment.table] = max(uppers[fragment.table], fragment.upper)
    return (time_of(min(uppers.values())) - now) / WEEK


def begins(shard: str) -> datetime:
    """Return the moment since which this shard's log is whole."""
    lowers = [f.lower for f in fragments_of(shard) if f.table == Row._meta.db_table]
    return EPOCH if None in lowers else time_of(min(filter(None, lowers), default=0))


def drop(shard: str, older_than: datetime) -> tuple[list[str], list[Kept]]:
    """Drop the fragments that end before a moment; returns what went and what is still needed.

    Inserts go on meanwhile: a fragment is detached concurrently first. Killed half-way, it is
    finished by running it again.
    """
    gone: list[str] = []
    kept: list[Kept] = []
    for name in _detached(shard):
        _execute(shard, f"DROP TABLE {name}")
        gone.append(name)
    for fragment in fragments_of(shard):
        if fragment.upper > first_at(older_than):
            continue
        reason = _needed(fragment)
        if reason:
            kept.append(Kept(fragment, reason))
            continue
        _delete_deliveries(fragment)
        how = "FINALIZE" if fragment.half_detached else "CONCURRENTLY"
        _execute(shard, f"ALTER TABLE {fragment.table} DETACH PARTITION {fragment.name} {how}")
        _execute(shard, f"DROP TABLE {fragment.name}")
        gone.append(fragment.name)
    return gone, kept


def name_of(table: str, monday: datetime) -> str:
    """Return the name of the fragment for the week that begins on a Monday."""
    year, week, _ = monday.isocalendar()
    return f"{table}_{year}w{week:02}"


def _mondays(now: datetime, ahead: int) -> Iterator[datetime]:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    return (monday + WEEK * number for number in range(ahead + 1))


def _bounds(expression: str) -> tuple[int | None, int]:
    match = BOUNDS.search(expression)
    if match is None:
        raise ValueError(f"no bounds of ids: {expression}")
    return (int(match[1]) if match[1] else None), int(match[2])


def _needed(fragment: Fragment) -> str:
    unfinished = Row.objects.using(fragment.shard).filter(id__lt=fragment.upper, finished_at=None)
    letters = DeadLetter.objects.using(fragment.shard).filter(event_id__lt=fragment.upper)
    if unfinished.exists():
        return "it holds events that are not finished: see `events stats`"
    if letters.exists():
        return "dead letters refer to it: see `events dead`"
    return ""


def _delete_deliveries(fragment: Fragment) -> None:
    old = Delivery.objects.using(fragment.shard).filter(event_id__lt=fragment.upper)
    while batch := list(old.order_by("event_id").values_list("event_id", flat=True)[:BATCH]):
        old.filter(event_id__lte=batch[-1]).delete()


def _detached(shard: str) -> list[str]:
    """Return the tables of fragments that were detached and not dropped: a drop was killed."""
    with connections[shard].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition "
            "AND relname ~ '^events_(event|receipt)_(first|[0-9]{4}w[0-9]{2})$'"
        )
        return [row[0] for row in cursor.fetchall()]


def _execute(shard: str, statement: str) -> None:
    with connections[shard].cursor() as cursor:
        cursor.execute(statement)
