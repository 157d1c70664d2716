"""How many rows each bucket has, and how much is written to it."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import connections

from apps.moves import tables
from apps.sharding import ids
from apps.sharding.conf import conf

# Writing is what the event log of this time says.
LOAD = timedelta(hours=1)
LOG = "events_event"


def rows() -> dict[int, int]:
    """Return the number of rows of each bucket on its own server. Reads every table once."""
    found: Counter[int] = Counter()
    for shard in conf().shards:
        owned = set(owned_by(shard))
        found.update({b: n for b, n in rows_on(shard).items() if b in owned})
    return dict(found)


def rows_on(shard: str) -> Counter[int]:
    """Return the number of rows of each bucket that a server has, its own or not."""
    found: Counter[int] = Counter()
    for table in tables.every():
        found.update(counted(shard, table))
    return found


def counted(shard: str, table: tables.Table) -> dict[int, int]:
    """Return the number of rows of each bucket in one table."""
    bucket = f"(({table.key} >> 12) & 1023)"
    return _pairs(shard, f"SELECT {bucket}, count(*) FROM {table.name} GROUP BY 1", [])


def load() -> dict[int, float]:
    """Return how many events each bucket had of late."""
    since = ids.first_at(datetime.now(UTC) - LOAD)
    bucket = "((id >> 12) & 1023)"
    found: Counter[int] = Counter()
    for shard in conf().shards:
        question = f"SELECT {bucket}, count(*) FROM {LOG} WHERE id >= %s GROUP BY 1"
        found.update(_pairs(shard, question, [since]))
    return dict(found)


def owned_by(shard: str) -> list[int]:
    """Return the buckets that a server says are its own."""
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT bucket FROM sharding_ownedbucket ORDER BY bucket")
        return [bucket for (bucket,) in cursor.fetchall()]


def bytes_of(shard: str) -> int:
    """Return the size of a server's database in bytes."""
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _pairs(shard: str, question: str, values: Sequence[int]) -> dict[int, int]:
    with connections[shard].cursor() as cursor:
        cursor.execute(question, values)
        return dict(cursor.fetchall())
