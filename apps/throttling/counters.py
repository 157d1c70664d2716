"""Where it is counted: at the server that all units share; where that is away, in this process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.throttling import pace as paces
from apps.throttling.conf import conf
from apps.throttling.pace import Pace

# A limiter that is slower than what it protects is away.
SECONDS = 0.5
# What one process remembers while the server is away; the longest unused go first.
MOST_HERE = 20_000

# `pace.take` of several buckets at once by the server's clock, in microseconds: from all, or from
# none where one is empty. Returns which one that is (0: none) and how long to wait; then, where it
# took, how long each needs to be full again.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local after = {}
for i, key in ipairs(KEYS) do
    local span, interval = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    local full_at = tonumber(redis.call('GET', key) or '0')
    after[i] = math.max(full_at, now) + interval
    local wait = after[i] - now - span
    if wait > 1 then return {i, math.ceil(wait)} end
end
local answer = {0, 0}
for i, key in ipairs(KEYS) do
    local left = math.ceil((after[i] - now) / 1000)
    redis.call('SET', key, string.format('%.0f', after[i]), 'PX', left)
    answer[i + 2] = math.ceil(after[i] - now)
end
return answer
"""
GIVE_BACK = """
for i, key in ipairs(KEYS) do
    local full_at = redis.call('GET', key)
    if full_at then
        local moved = string.format('%.0f', tonumber(full_at) - tonumber(ARGV[2 * i]))
        redis.call('SET', key, moved, 'KEEPTTL')
    end
end
"""


class Bucket(NamedTuple):
    """What is counted under one key."""

    key: str
    pace: Pace


class Verdict(NamedTuple):
    """The place of the bucket that is empty (None: one was taken of each), and how long to wait.

    `full_in`: the seconds until each is full again, where one was taken of each.
    """

    empty: int | None
    wait: float = 0.0
    full_in: tuple[float, ...] = ()


class Shared:
    """Counts at the server; raises redis.RedisError."""

    def take(self, buckets: Sequence[Bucket]) -> Verdict:
        """Take one of each bucket, or nothing."""
        place, wait, *rest = self._run(TAKE, buckets)
        if place:
            return Verdict(place - 1, wait / 1e6)
        return Verdict(None, full_in=tuple(micros / 1e6 for micros in rest))

    def give_back(self, buckets: Sequence[Bucket]) -> None:
        """Put one back into each."""
        self._run(GIVE_BACK, buckets)

    def _run(self, script: str, buckets: Sequence[Bucket]) -> Any:
        micros = [
            round(value * 1e6)
            for bucket in buckets
            for value in (bucket.pace.seconds, bucket.pace.interval)
        ]
        return server().eval(script, len(buckets), *(bucket.key for bucket in buckets), *micros)


class Here:
    """Counts in this process, up to MOST_HERE buckets."""

    def __init__(self) -> None:
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, buckets: Sequence[Bucket], now: float | None = None) -> Verdict:
        """Take one of each bucket, or nothing."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            after = {}
            for place, (key, pace) in enumerate(buckets):
                after[key], wait = paces.take(pace, self._full_at.get(key, 0.0), moment)
                if wait:
                    return Verdict(place, wait)
            self._keep(after)
        return Verdict(None, full_in=tuple(after[bucket.key] - moment for bucket in buckets))

    def give_back(self, buckets: Sequence[Bucket]) -> None:
        """Put one back into each."""
        with self._lock:
            for key, pace in buckets:
                if key in self._full_at:
                    self._full_at[key] = paces.give_back(pace, self._full_at[key])

    def _keep(self, after: dict[str, float]) -> None:
        for key, full_at in after.items():
            self._full_at[key] = full_at
            self._full_at.move_to_end(key)
        while len(self._full_at) > MOST_HERE:
            self._full_at.popitem(last=False)


@cache
def server() -> Any:
    """Return the client of the server that all units count at: no second try."""
    retry = Retry(NoBackoff(), 0)
    options = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "retry": retry}
    return redis.Redis.from_url(conf().url, **options)
