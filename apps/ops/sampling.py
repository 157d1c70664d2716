"""One unit takes a snapshot every two seconds; the last minutes of them are kept in the grid.

Which unit, a lease says: where it ends, the next unit to look takes it over. Snapshots are bounded
in number and end by themselves, so nothing is left when no unit runs.
"""

import json
import logging
import os
import socket
import threading
import time
from typing import Any, NamedTuple

from django.conf import settings
from redis import RedisError

from apps.grid import units
from apps.ops import probing, snapshots
from apps.ops.snapshots import Snapshot
from apps.push import telling
from apps.tracing import trace

log = logging.getLogger(__name__)

LEASE, LATEST, SERIES = "ops:sampler", "ops:latest", "ops:series"
# Longer than the slowest round and the pause after it.
LEASE_MS = round(1000 * (probing.ROUND_SECONDS + units.RENEW_EVERY + 2))
KEPT_SECONDS = 600
MOST_KEPT = int(KEPT_SECONDS / units.RENEW_EVERY)
# Buckets and their heat cost more to ask for than the rest.
WHOLE_EVERY = 10.0
# An older snapshot says little about now.
FRESH_SECONDS = 10.0
TOPIC = "topology"

TAKE_LEASE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""


class Point(NamedTuple):
    """How far each server was at a moment (Unix time); None: it could not be asked."""

    at: float
    positions: dict[str, int | None]


class Sampler:
    """This unit's share of the work: nothing, while another one holds the lease."""

    def __init__(self) -> None:
        self._running = threading.Lock()
        self._whole_at = 0.0
        self._last: Snapshot | None = None

    def turn(self) -> None:
        """Begin a round on a thread of its own, if it is this unit's to do and none runs."""
        if not settings.OPS_SAMPLES or not self._running.acquire(blocking=False):
            return
        try:
            if not units.server().eval(TAKE_LEASE, 1, LEASE, _name(), LEASE_MS):
                self._running.release()
                return
            threading.Thread(target=self._round, name="ops-sampler", daemon=True).start()
        except BaseException:
            self._running.release()
            raise

    def _round(self) -> None:
        try:
            with trace.scope(trace.fresh()):
                keep(self._take())
                telling.hint(TOPIC, {})
        except Exception:
            log.exception("No snapshot of the topology was taken")
        finally:
            self._running.release()

    def _take(self) -> Snapshot:
        whole = time.monotonic() - self._whole_at > WHOLE_EVERY
        self._last = snapshots.take(self._last or latest(), whole=whole)
        if whole:
            self._whole_at = time.monotonic()
        return self._last


def keep(snapshot: Snapshot) -> None:
    """Keep a snapshot as the latest, and its positions in the series; raises RedisError."""
    positions = {server.alias: server.lsn for server in snapshot.servers}
    pipe = units.server().pipeline(transaction=False)
    pipe.set(LATEST, json.dumps(snapshot.as_json()), ex=KEPT_SECONDS)
    pipe.lpush(SERIES, json.dumps([snapshot.at, positions]))
    pipe.ltrim(SERIES, 0, MOST_KEPT - 1)
    pipe.expire(SERIES, KEPT_SECONDS)
    pipe.execute()


def latest() -> Snapshot | None:
    """Return the newest snapshot that was kept, None where there is none, or nobody to ask."""
    try:
        text = units.server().get(LATEST)
    except RedisError:
        return None
    return snapshots.restored(json.loads(text)) if text else None


def current() -> Snapshot:
    """Return a snapshot that is fresh: the kept one, else one that is taken here and now."""
    found = latest()
    if found is not None and time.time() - found.at < FRESH_SECONDS:
        return found
    return snapshots.take(found)


def series() -> list[Point]:
    """Return the last minutes, oldest first; nothing where they cannot be asked for."""
    try:
        rows: Any = units.server().lrange(SERIES, 0, -1)
    except RedisError:
        return []
    return sorted(Point(*json.loads(row)) for row in rows)


def _name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


_sampler = Sampler()


def turn() -> None:
    """Take part in sampling; called by every unit each time that it announces itself."""
    _sampler.turn()


def _after_fork() -> None:
    """A forked unit begins anew: a round that its parent had under way is not its own."""
    global _sampler
    _sampler = Sampler()


os.register_at_fork(after_in_child=_after_fork)
