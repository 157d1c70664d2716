"""A breaker: leaves out what failed, and lets one caller at a time find out whether it is back."""

import threading
from dataclasses import dataclass, field

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
# Whoever was let in to find out and says nothing for so long is gone.
LEASE = 15.0


def pause(failures: int, chance: float) -> float:
    """Return the seconds to leave alone what failed so often in a row; `chance` is in 0..1."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * float(2 ** min(failures - 1, 10)))
    return longest * (0.5 + chance / 2)


@dataclass
class Breaker:
    """Closed while all is well; open after a failure; half open while one caller tries."""

    in_a_row: int = 0
    failures: int = 0
    reason: str = ""
    open_until: float = 0.0
    tried_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def lets_in(self, now: float) -> bool:
        """Tell whether the caller may ask; when open, one caller once the pause is over."""
        if not self.in_a_row:
            return True
        with self._lock:
            if now < self.open_until or self._is_tried(now):
                return False
            self.tried_at = now
        return True

    def succeed(self) -> None:
        """Close: it has answered."""
        if self.in_a_row:
            with self._lock:
                self.in_a_row, self.tried_at, self.reason = 0, None, ""

    def fail(self, now: float, reason: str, chance: float) -> None:
        """Open for longer each time; what fails together is one failure."""
        with self._lock:
            if self.in_a_row and now < self.open_until:
                return
            self.in_a_row += 1
            self.failures += 1
            self.open_until = now + pause(self.in_a_row, chance)
            self.tried_at, self.reason = None, reason

    def state(self, now: float) -> str:
        """Return the state in a word: `answering`, `left out` or `tried`."""
        if not self.in_a_row:
            return "answering"
        return "tried" if self._is_tried(now) else "left out"

    def _is_tried(self, now: float) -> bool:
        return self.tried_at is not None and now - self.tried_at < LEASE
