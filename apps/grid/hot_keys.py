"""What the units ask for most, kept in the cache's server, so that a new unit can begin with it.

A sample, not a count: each unit adds its own hottest keys now and then, and old scores fade.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable

import redis
from django.core.cache import caches
from django_redis.exceptions import ConnectionInterrupted

from apps.grid.backend import NearCache

# Of each unit, each time.
SAMPLE = 50
# Of all units together.
MOST = 500
NOTE_EVERY = 10.0
FADE = 0.9
BATCH = 100
DAY = 86_400


def near_caches() -> list[NearCache]:
    """Return the caches of this thread that have a near cache."""
    return [cache for cache in map(caches.__getitem__, caches) if isinstance(cache, NearCache)]


def note(cache: NearCache) -> None:
    """Add what this process has hit most since the last time; raises redis.RedisError."""
    found = cache.stream.near.hottest(SAMPLE)
    if not found:
        return
    server, index = cache.client.get_client(write=True), _index(cache)
    pipe = server.pipeline(transaction=False)
    # Whichever unit comes first after ten seconds lets the scores of all fade.
    if server.set(f"{index}:faded", 1, nx=True, px=int(NOTE_EVERY * 1000)):
        pipe.zunionstore(index, {index: FADE})
    for key, hits in found:
        pipe.zincrby(index, hits, key)
    pipe.zremrangebyrank(index, 0, -MOST - 1)
    pipe.expire(index, DAY)
    pipe.execute()


_noted_at = 0.0


def note_all() -> None:
    """Note what all near caches of this process have hit, every ten seconds."""
    global _noted_at
    if time.monotonic() < _noted_at + NOTE_EVERY:
        return
    _noted_at = time.monotonic()
    for cache in near_caches():
        note(cache)


def warm(cache: NearCache, seconds: float = 1.0) -> int:
    """Fetch the hottest keys into the near cache; return how many it holds. Stops in time."""
    end = time.monotonic() + seconds
    near = cache.near
    while not near.trusted and time.monotonic() < end:
        time.sleep(0.01)
    names = cache.client.get_client(write=False).zrevrange(_index(cache), 0, MOST - 1)
    keys = [name.decode("utf-8", "surrogateescape") for name in names]
    for start in range(0, len(keys), BATCH):
        if time.monotonic() >= end:
            break
        _fetch(cache, keys[start : start + BATCH])
    return len(near)


_fetchers: dict[str, Callable[[list[str]], object]] = {}


def fetch_with(prefix: str, fetch: Callable[[list[str]], object]) -> None:
    """Have a new unit fetch keys of this prefix in a way of their own."""
    _fetchers[prefix] = fetch


def _fetch(cache: NearCache, keys: list[str]) -> None:
    for prefix, fetch in _fetchers.items():
        fetch([key for key in keys if key.startswith(prefix)])
    cache.keep([key for key in keys if not key.startswith(tuple(_fetchers))])


_lock, _warmed = threading.Lock(), False


def warm_once() -> None:
    """Warm all near caches up, once in each process; without their server it goes on cold."""
    global _warmed
    with _lock:
        if _warmed:
            return
        _warmed = True
        with contextlib.suppress(redis.RedisError, ConnectionInterrupted):
            for cache in near_caches():
                warm(cache)


def _index(cache: NearCache) -> str:
    return f"grid:hot:{cache.stream.prefix}"


def _after_fork() -> None:
    global _lock, _warmed
    _lock, _warmed = threading.Lock(), False


os.register_at_fork(after_in_child=_after_fork)
