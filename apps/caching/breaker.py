"""A breaker: a server that does not answer costs a process one time-out, not one a request."""

import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from redis.exceptions import RedisError

FIRST_SECONDS, LONGEST_SECONDS = 0.5, 10.0

Away = (RedisError, OSError)


class Open(RedisError):
    """The server was away a moment ago, and is not asked again yet."""


class Breaker:
    """Lets calls through while the server answers; after a fault one now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._faults = 0
        self._closed_until = 0.0

    @contextmanager
    def call(self) -> Any:
        """Guard one call; raises Open at once where the server is not to be asked now."""
        self._enter()
        try:
            yield
        except Away:
            self._fault()
            raise
        self._faults = 0

    def _enter(self) -> None:
        if not self._faults:
            return
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                raise Open("not asked again yet")
            # Whoever comes while this one tries is told to come back.
            self._closed_until = now + LONGEST_SECONDS

    def _fault(self) -> None:
        with self._lock:
            self._faults += 1
            pause = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._faults - 1, 10))
            self._closed_until = self._clock() + pause
