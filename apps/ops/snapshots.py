"""The site at one moment: every server, outbox, bucket and queue, as far as they could be asked."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from redis import RedisError

from apps.grid import units
from apps.ops import broker, probing
from apps.replication.conf import conf as replication
from apps.sharding import ids
from apps.sharding.conf import conf as sharding

# Counting stops here: more is too many, however many it is.
MOST_COUNTED = 10_000
HEAT_SECONDS = 60

SERVER = """
SELECT json_build_object(
    'lsn', CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_replay_lsn(), '0/0')
        ELSE pg_current_wal_lsn() END - '0/0',
    'recovers', pg_is_in_recovery(),
    'paused', CASE WHEN pg_is_in_recovery()
        THEN pg_get_wal_replay_pause_state() <> 'not paused' ELSE false END,
    'receives', (SELECT count(*) > 0 FROM pg_stat_wal_receiver),
    'sessions', (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
    'most', current_setting('max_connections')::int)
"""
OUTBOX = f"""
SELECT json_build_object(
    'unfinished', (SELECT count(*) FROM (
        SELECT 1 FROM events_event WHERE finished_at IS NULL LIMIT {MOST_COUNTED}) waiting),
    'oldest', (SELECT id FROM events_event WHERE finished_at IS NULL ORDER BY id LIMIT 1),
    'dead', (SELECT count(*) FROM (SELECT 1 FROM events_deadletter LIMIT {MOST_COUNTED}) dead))
"""
BUCKETS = "SELECT json_agg(shard ORDER BY number) FROM sharding_bucket"
HEAT = """
SELECT coalesce(json_object_agg(bucket, events), '{{}}') FROM (
    SELECT (id >> 12) & 1023 AS bucket, count(*) AS events
    FROM events_event WHERE id >= {first} GROUP BY 1) heat
"""


@dataclass(frozen=True)
class Server:
    """One database server. `error` is why it could not be asked; then the rest is not known."""

    alias: str
    group: str
    error: str = ""
    milliseconds: float = 0.0
    lsn: int | None = None
    recovers: bool = False
    paused: bool = False
    receives: bool = False
    sessions: int = 0
    most: int = 0

    @property
    def is_primary(self) -> bool:
        """Tell whether it is meant to take writes."""
        return self.alias == self.group


@dataclass(frozen=True)
class Outbox:
    """What waits on a shard; `known` is False where its primary could not be asked."""

    shard: str
    known: bool = False
    unfinished: int = 0
    oldest_seconds: float = 0.0
    dead: int = 0


@dataclass(frozen=True)
class Snapshot:
    """All of it at `at` (Unix time). `buckets` names the shard of each, `heat` its events a minute.

    `queue` is None where the broker, `memory` where the cache did not say.
    """

    at: float
    servers: tuple[Server, ...]
    outboxes: tuple[Outbox, ...]
    buckets: tuple[str, ...] = ()
    heat: dict[int, int] = field(default_factory=dict)
    queue: int | None = None
    memory: int | None = None
    clients: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what JSON can hold of it, to be read again by `restored`."""
        return asdict(self)


def restored(values: dict[str, Any]) -> Snapshot:
    """Return the snapshot that `as_json` gave."""
    return Snapshot(
        **{
            **values,
            "servers": tuple(Server(**each) for each in values["servers"]),
            "outboxes": tuple(Outbox(**each) for each in values["outboxes"]),
            "buckets": tuple(values["buckets"]),
            "heat": {int(bucket): events for bucket, events in values["heat"].items()},
        }
    )


def take(before: Snapshot | None = None, *, whole: bool = True) -> Snapshot:
    """Ask everything, within probing.ROUND_SECONDS; what is not `whole` takes buckets from before.

    What cannot be asked is said, and where it was known before, so it stays.
    """
    pairs = [(group, alias) for group in sharding().primaries for alias in _members(group)]
    answers = probing.ask_all({alias: _questions(alias, whole=whole) for _, alias in pairs})
    now = timezone.now()
    shards = [(name, answers[name].get("outbox")) for name in sharding().shards]
    buckets = answers[sharding().directory].get("buckets")
    memory, clients = _of_cache()
    return Snapshot(
        at=time.time(),
        servers=tuple(_server(group, alias, answers[alias]) for group, alias in pairs),
        outboxes=tuple(_outbox(name, said, now) for name, said in shards),
        buckets=tuple(buckets or (before.buckets if before else ())),
        heat=_heat(answers.values()) if whole else dict(before.heat if before else {}),
        queue=broker.waiting(),
        memory=memory,
        clients=clients,
    )


def _members(group: str) -> tuple[str, ...]:
    return (group, *replication().groups.get(group, ()))


def _questions(alias: str, *, whole: bool) -> dict[str, str]:
    asked = {"server": SERVER}
    if alias in sharding().shards:
        asked["outbox"] = OUTBOX
        if whole:
            since = timezone.now() - timedelta(seconds=HEAT_SECONDS)
            asked["heat"] = HEAT.format(first=ids.first_at(since))
    if alias == sharding().directory and whole:
        asked["buckets"] = BUCKETS
    return asked


def _server(group: str, alias: str, answer: dict[str, Any]) -> Server:
    if "server" not in answer:
        return Server(alias, group, error=answer["error"])
    milliseconds = round(1000 * answer["seconds"], 1)
    return Server(alias, group, milliseconds=milliseconds, **answer["server"])


def _heat(answers: Iterable[dict[str, Any]]) -> dict[int, int]:
    total: Counter[int] = Counter()
    for answer in answers:
        total.update({int(b): events for b, events in (answer.get("heat") or {}).items()})
    return dict(total)


def _outbox(shard: str, said: dict[str, Any] | None, now: datetime) -> Outbox:
    if said is None:
        return Outbox(shard)
    age = (now - ids.time_of(said["oldest"])).total_seconds() if said["oldest"] else 0.0
    return Outbox(shard, True, said["unfinished"], max(0.0, round(age, 1)), said["dead"])


def _of_cache() -> tuple[int | None, int | None]:
    """Return the bytes that the cache's server uses, and its clients."""
    try:
        said = units.server().info()
    except RedisError:
        return None, None
    return int(said["used_memory"]), int(said["connected_clients"])
