"""What stands in the way of a move, found out before it begins."""

from collections.abc import Sequence

from django.db import DatabaseError, connections
from django.db.migrations.recorder import MigrationRecorder

from apps.moves import adding, tables
from apps.moves.errors import NotMovable
from apps.moves.models import ENDED, Move
from apps.sharding import directory
from apps.sharding.conf import conf
from apps.sharding.ids import BUCKETS

LONGEST_SECONDS = 60
OPEN = """
SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::int FROM pg_stat_activity
WHERE xact_start < clock_timestamp() - make_interval(secs => %s) AND backend_xid IS NOT NULL
    AND datname = current_database() ORDER BY xact_start LIMIT 1
"""
SLOTS = """
SELECT current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots)
"""


def check(buckets: Sequence[int], source: str, target: str) -> None:
    """Raise NotMovable where a move of buckets could not end well, saying what to do."""
    for shard in (source, target):
        if shard not in conf().shards:
            known = ", ".join(conf().shards)
            raise NotMovable(f"There is no shard {shard!r}; the topology has {known}.")
    if source == target:
        raise NotMovable(f"Bucket {buckets[0]} is on {target} already.")
    if strange := [bucket for bucket in buckets if not 0 <= bucket < BUCKETS]:
        raise NotMovable(f"{strange[0]} is no bucket: they are numbered 0 to {BUCKETS - 1}.")
    held = directory.reload()
    if elsewhere := [bucket for bucket in buckets if held.shards[bucket] != source]:
        home = held.shards[elsewhere[0]]
        raise NotMovable(f"Bucket {elsewhere[0]} is on {home}, not on {source}.")
    _check_alone(buckets)
    _check_servers(source, target)


def _check_alone(buckets: Sequence[int]) -> None:
    for move in Move.objects.exclude(step__in=ENDED):
        if both := sorted(set(move.buckets) & set(buckets)):
            raise NotMovable(
                f"Bucket {both[0]} is in move {move.pk} ({move.step}). "
                f"`shards resume {move.pk}` or `shards abort {move.pk}` first."
            )


def _check_servers(source: str, target: str) -> None:
    try:
        found = {shard: _schema(shard) for shard in (source, target)}
        if found[source] != found[target]:
            differs = sorted(found[source] ^ found[target])[0]
            raise NotMovable(
                f"{source} and {target} have not the same schema ({'.'.join(differs)}). "
                "Run `manage.py migrate_all`."
            )
        if lacking := tables.unidentified(source):
            raise NotMovable(
                f"The primary key of {lacking[0]} does not hold its shard key, so its changes "
                "could not follow. Add the column to the key."
            )
        if behind := adding.differing(target):
            raise NotMovable(
                f"{target} has not all rows of {behind[0]} that every shard has. "
                f"Run `manage.py shards add`."
            )
        _check_source(source)
    except DatabaseError as error:
        said = str(error).strip()
        raise NotMovable(f"{source} or {target} does not answer: {said}") from error


def _check_source(source: str) -> None:
    with connections[source].cursor() as cursor:
        cursor.execute("SHOW wal_level")
        if (level := cursor.fetchone()[0]) != "logical":
            raise NotMovable(
                f"wal_level of {source} is {level}; a move needs `logical`. Set it and restart it."
            )
        cursor.execute(SLOTS)
        # One for the move, and PostgreSQL's own for the tables that it copies at a time.
        if cursor.fetchone()[0] < 4:
            raise NotMovable(
                f"{source} has no replication slots left: raise max_replication_slots."
            )
        cursor.execute(OPEN, [LONGEST_SECONDS])
        if row := cursor.fetchone():
            raise NotMovable(
                f"Process {row[0]} has had a transaction open on {source} for {row[1]} s; a move "
                "would wait for it. End it first (pg_terminate_backend)."
            )


def _schema(shard: str) -> set[tuple[str, str]]:
    return set(MigrationRecorder(connections[shard]).applied_migrations())
