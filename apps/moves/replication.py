"""PostgreSQL's logical replication of some buckets: copies their rows, and follows what changes.

The publisher filters rows by bucket, the subscriber's triggers do not fire while it applies. The
changes of all tables are applied in the order of their commits, so a row of the marker's table that
has arrived says that all before it has.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connections
from psycopg import conninfo, sql

from apps.moves import tables
from apps.moves.models import Move

# A table that is copied follows (s), or has followed to where the others are (r).
PROGRESS = """
SELECT r.srrelid::regclass::text, r.srsubstate, coalesce(c.tuples_processed, 0)
FROM pg_subscription_rel r JOIN pg_subscription s ON s.oid = r.srsubid
LEFT JOIN pg_stat_progress_copy c ON c.relid = r.srrelid AND c.datid = s.subdbid
WHERE s.subname = %s
"""
SIZE = "SELECT count(*), coalesce(sum(pg_column_size(t)), 0) FROM {table} t WHERE {condition}"
BEHIND = """
SELECT coalesce(pg_current_wal_lsn() - confirmed_flush_lsn, 0) FROM pg_replication_slots
WHERE slot_name = %s
"""


class Size(NamedTuple):
    """Rows, and their bytes."""

    rows: int
    bytes: int


class Progress(NamedTuple):
    """How far a copy is: what has been copied, of how much; bytes of WAL still on the way.

    `follows` once every table is copied and follows.
    """

    copied: Size
    whole: Size
    behind: int
    follows: bool

    @property
    def part(self) -> float:
        """How much is copied, from 0 to 1."""
        return min(1.0, self.copied.bytes / self.whole.bytes) if self.whole.bytes else 1.0


def publish(move: Move) -> None:
    """Publish the buckets' rows on the source; harmless twice."""
    if _one(move.source, "SELECT 1 FROM pg_publication WHERE pubname = %s", [move.name]):
        return
    listed = [
        f"{table.name} WHERE {tables.condition(table, move.buckets)}" for table in tables.every()
    ]
    listed.append(f"{tables.MARKER} WHERE (move_id = {move.pk})")
    _run(
        move.source,
        f"CREATE PUBLICATION {move.name} FOR TABLE {', '.join(listed)} "
        "WITH (publish = 'insert, update, delete', publish_via_partition_root = true)",
    )


def subscribe(move: Move) -> None:
    """Have the target copy and follow what is published; harmless twice."""
    if _one(move.target, "SELECT 1 FROM pg_subscription WHERE subname = %s", [move.name]):
        return
    _drop_slot(move)
    # Made by CREATE SUBSCRIPTION, it would wait for all that is open on the source: also for one
    # that moves buckets the other way, and waits here.
    _one(move.source, "SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [move.name])
    command = sql.SQL(
        "CREATE SUBSCRIPTION {name} CONNECTION {where} PUBLICATION {name} WITH ("
        "create_slot = false, copy_data = true, synchronous_commit = 'off', streaming = 'on', "
        "origin = 'none')"
    )
    with connections[move.target].cursor() as cursor:
        name, where = sql.Identifier(move.name), sql.Literal(_address(move.source))
        cursor.execute(command.format(name=name, where=where))


def is_cut(move: Move) -> bool:
    """Tell whether the source has forgotten the subscription, as one does that was replaced."""
    there = _one(move.target, "SELECT 1 FROM pg_subscription WHERE subname = %s", [move.name])
    slot = "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s"
    return bool(there) and not _one(move.source, slot, [move.name])


def sizes(move: Move) -> dict[str, Size]:
    """Return what is to be copied, by table. Reads the buckets' rows once."""
    found = {}
    for table in tables.every():
        where = tables.condition(table, move.buckets)
        found[table.name] = Size(
            *map(int, _one(move.source, SIZE.format(table=table.name, condition=where), []))
        )
    return found


def progress(move: Move, whole: Mapping[str, Size]) -> Progress:
    """Return how far the copy is; `whole` is what `sizes` said."""
    done, states = Counter[str](), []
    for table, state, rows in _all(move.target, PROGRESS, [move.name]):
        states.append(state)
        size = whole.get(table, Size(0, 0))
        part = 1.0 if state in "sr" else min(1.0, rows / size.rows) if size.rows else 0.0
        done["rows"] += round(size.rows * part)
        done["bytes"] += round(size.bytes * part)
    behind = _one(move.source, BEHIND, [move.name])
    return Progress(
        Size(done["rows"], done["bytes"]),
        Size(*(sum(one) for one in zip(*whole.values(), strict=True))),
        int(behind[0]) if behind else 0,
        bool(states) and set(states) == {"r"},
    )


def mark(move: Move) -> str:
    """Write a marker on the source; returns its id."""
    row = _one(
        move.source, f"INSERT INTO {tables.MARKER} (move_id) VALUES (%s) RETURNING id", [move.pk]
    )
    return str(row[0])


def has_arrived(move: Move, marker: str) -> bool:
    """Tell whether a marker, and so all before it, is on the target."""
    return bool(_one(move.target, f"SELECT 1 FROM {tables.MARKER} WHERE id = %s", [marker]))


def end(move: Move) -> None:
    """Take subscription, slot, publication and markers away; harmless twice."""
    if _one(move.target, "SELECT 1 FROM pg_subscription WHERE subname = %s", [move.name]):
        _run(move.target, f"ALTER SUBSCRIPTION {move.name} DISABLE")
        _run(move.target, f"ALTER SUBSCRIPTION {move.name} SET (slot_name = NONE)")
        _run(move.target, f"DROP SUBSCRIPTION {move.name}")
    _drop_slot(move)
    _run(move.source, f"DROP PUBLICATION IF EXISTS {move.name}")
    for shard in (move.source, move.target):
        _run(shard, f"DELETE FROM {tables.MARKER} WHERE move_id = {move.pk}")


def _drop_slot(move: Move) -> None:
    """Drop the slots of a subscription that is gone, also those of its tables' first copies."""
    slots = "FROM pg_replication_slots WHERE slot_name = %s"
    found = _one(move.source, f"SELECT active_pid {slots}", [move.name])
    if found and found[0]:
        _run(move.source, f"SELECT pg_terminate_backend({int(found[0])}, 5000)")
    _one(move.source, f"SELECT pg_drop_replication_slot(slot_name) {slots}", [move.name])


def _address(alias: str) -> str:
    given = connections[alias].get_connection_params()
    names = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert")
    return conninfo.make_conninfo(**{n: given[n] for n in names if given.get(n) is not None})


def _run(shard: str, command: str) -> None:
    with connections[shard].cursor() as cursor:
        cursor.execute(command)


def _all(shard: str, question: str, values: list[Any]) -> list[Any]:
    with connections[shard].cursor() as cursor:
        cursor.execute(question, values)
        return list(cursor.fetchall())


def _one(shard: str, question: str, values: list[Any]) -> Any:
    with connections[shard].cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()
