"""A breaker: leaves out what failed, and lets one caller at a time find out whether it is back."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Breaker:
    """Closed while all is well; open after a failure; half open while one caller tries.

    The pauses are in seconds. Whoever was let in to find out, and says nothing for `lease` seconds,
    is gone. `chance` gives numbers in 0..1.
    """

    first_pause: float = 1.0
    longest_pause: float = 60.0
    lease: float = 15.0
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    in_a_row: int = 0
    failures: int = 0
    reason: str = ""
    open_until: float = 0.0
    tried_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def lets_in(self) -> bool:
        """Tell whether the caller may ask; when open, one caller once the pause is over."""
        if not self.in_a_row:
            return True
        with self._lock:
            now = self.clock()
            if now < self.open_until or self._is_tried(now):
                return False
            self.tried_at = now
        return True

    def succeed(self) -> None:
        """Close: it has answered."""
        if self.in_a_row:
            with self._lock:
                self.in_a_row, self.tried_at, self.reason = 0, None, ""

    def fail(self, reason: object = "") -> None:
        """Open for longer each time; what fails together is one failure."""
        with self._lock:
            now = self.clock()
            if self.in_a_row and now < self.open_until:
                return
            self.in_a_row += 1
            self.failures += 1
            self.open_until = now + self.pause()
            self.tried_at, self.reason = None, str(reason).strip()

    def pause(self) -> float:
        """Return the seconds to leave alone what failed so often in a row, with jitter."""
        longest = self.first_pause * 2.0 ** min(self.in_a_row - 1, 10)
        return min(self.longest_pause, longest) * (0.5 + self.chance() / 2)

    @property
    def state(self) -> str:
        """The state in a word: `answering`, `left out` or `tried`."""
        if not self.in_a_row:
            return "answering"
        return "tried" if self._is_tried(self.clock()) else "left out"

    def _is_tried(self, now: float) -> bool:
        return self.tried_at is not None and now - self.tried_at < self.lease
