"""So many threads at a time wait for a server; the others stand in line.

Where a process has no core for all its threads, each of them holds its place for long although the
server answers at once. So nobody is turned away while those before him get on, and who has left
does not come in again before those who stand in line. Once somebody has stood there in vain, the
next are turned away at once, until a place is left.

Who holds locks there is not held up: those before him may wait for just these.
"""

import threading
import time
from collections import deque


class Slots:
    """Places for `count` threads."""

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._free = count
        self._line: deque[threading.Event] = deque()
        self._left_at = 0.0
        self._is_in_vain = False

    def take(self, patience: float, *, has_locks: bool = False) -> bool:
        """Take a place, or return False when nobody has left for as many seconds."""
        with self._lock:
            if self._free > 0 or has_locks:
                self._free -= 1
                return True
            if self._is_in_vain:
                return False
            turn, began = threading.Event(), time.monotonic()
            self._line.append(turn)
        until = began + patience
        while not turn.wait(until - time.monotonic()):
            with self._lock:
                # It may have come since.
                if turn.is_set():
                    break
                until = max(began, self._left_at) + patience
                if time.monotonic() >= until:
                    self._line.remove(turn)
                    self._is_in_vain = True
                    return False
        return True

    def leave(self) -> None:
        """Give a place to whoever stands in line first."""
        with self._lock:
            self._left_at, self._is_in_vain = time.monotonic(), False
            self._free += 1
            if self._line and self._free > 0:
                self._free -= 1
                self._line.popleft().set()
