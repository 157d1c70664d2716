"""A process tells the grid that it is there, every two seconds, until it stops."""

import asyncio
import atexit
import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import redis
from django.conf import settings

from apps.grid import hot_keys, metrics, tracking, units
from apps.grid.conf import conf

log = logging.getLogger(__name__)

# Seconds below which a share of the CPU says nothing.
SHORTEST = 0.1


class Announcer:
    """Tells the grid about this process from a daemon thread, until it is stopped."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.since = time.time()
        self.in_flight = 0
        self._counting = threading.Lock()
        self._stop = threading.Event()
        self._measured = time.monotonic(), _cpu_seconds()
        self._thread = threading.Thread(target=self._run, name="grid-unit", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Leave the list at once."""
        if self._stop.is_set():
            return
        self._stop.set()
        atexit.unregister(self.stop)
        self._thread.join(3)
        with suppress(redis.RedisError):
            units.strike(f"{socket.gethostname()}:{os.getpid()}")

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count a piece of work as in flight."""
        self.count(1)
        try:
            yield
        finally:
            self.count(-1)

    def count(self, change: int) -> None:
        """Add to the work in flight."""
        with self._counting:
            self.in_flight = max(0, self.in_flight + change)

    def unit(self) -> units.Unit:
        """Return what there is to say now."""
        near = [stream.near for stream in tracking.streams()]
        return units.Unit(
            role=self.role,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=version(),
            since=self.since,
            at=time.time(),
            cpu=self._cpu(),
            in_flight=self.in_flight,
            near_bytes=sum(one.bytes for one in near),
            near_entries=sum(len(one) for one in near),
            hits=sum(one.hits for one in near),
            misses=sum(one.misses for one in near),
            samples=dict(metrics.now()),
        )

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                units.tell(self.unit())
                for say in _said:
                    say()
            except redis.RedisError as error:
                log.debug("The grid does not hear this unit: %s", error)
            self._stop.wait(units.RENEW_EVERY)

    def _cpu(self) -> float:
        then, used = self._measured
        now, spent = time.monotonic(), _cpu_seconds()
        if now - then < SHORTEST:
            return 0.0
        self._measured = now, spent
        return round(100 * (spent - used) / (now - then), 1)


_said: list[Callable[[], object]] = [hot_keys.note_all]


def say_too(say: Callable[[], object]) -> None:
    """Have every unit call this each time it announces itself; it may raise redis.RedisError."""
    _said.append(say)


_current: Announcer | None = None
_lock = threading.Lock()


def announce(role: str) -> Announcer:
    """Have this process listed, from the first call on; forked processes call it again."""
    global _current
    if (found := _current) is not None:
        return found
    with _lock:
        if _current is None:
            _current = Announcer(role)
            _current.start()
        return _current


def leave() -> None:
    """Take this process from the list at once."""
    global _current
    with _lock:
        gone, _current = _current, None
    if gone is not None:
        gone.stop()


def count(change: int) -> None:
    """Add to the work in flight, where this process is listed."""
    if (found := _current) is not None:
        found.count(change)


def asgi(application: Callable[..., Any], role: str) -> Callable[..., Any]:
    """Return the ASGI application, listed while its server runs; it hears nothing of lifespans."""

    async def announced(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(role, receive, send)
            return
        with announce(role).working():
            await application(scope, receive, send)

    return announced


async def _lifespan(role: str, receive: Any, send: Any) -> None:
    """Be listed from start-up until shutdown: what ends by a signal runs nothing at exit."""
    while (await receive())["type"] != "lifespan.shutdown":
        announce(role)
        await send({"type": "lifespan.startup.complete"})
    await asyncio.to_thread(leave)
    await send({"type": "lifespan.shutdown.complete"})


@cache
def version() -> str:
    """Return the setting, else what git says of the checkout, else nothing."""
    if conf().version:
        return conf().version
    line = ["git", "describe", "--always", "--dirty", "--tags"]
    try:
        done = subprocess.run(line, cwd=settings.BASE_DIR, capture_output=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode().strip()


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system


def _after_fork() -> None:
    """The child is another unit; the parent's thread and its promise to leave stay behind."""
    global _current, _lock
    _lock = threading.Lock()
    if _current is not None:
        atexit.unregister(_current.stop)
        _current = None


os.register_at_fork(after_in_child=_after_fork)
