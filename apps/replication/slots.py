"""So many threads at a time wait for a server; the others stand in line.

Where a process has no core for all its threads, each of them holds its place for long although the
server answers at once. So nobody is turned away while those before him get on, and who has left
does not come in again before those who stand in line.
"""

import threading
from collections import deque


class Slots:
    """Places for `count` threads."""

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._free = count
        self._line: deque[threading.Event] = deque()
        self._left = 0

    def take(self, patience: float) -> bool:
        """Take a place, or return False when nobody has left for as many seconds."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn, left = threading.Event(), self._left
            self._line.append(turn)
        while not turn.wait(patience):
            with self._lock:
                # It may have come since.
                if not turn.is_set() and self._left == left:
                    self._line.remove(turn)
                    return False
                left = self._left
        return True

    def leave(self) -> None:
        """Give a place to whoever stands in line first."""
        with self._lock:
            self._left += 1
            if self._line:
                self._line.popleft().set()
            else:
                self._free += 1
