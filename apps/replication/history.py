"""When a primary was how far, as far as this process has heard: what a replica's lag is read from.

A replica's own clock cannot tell lag from a primary that has nothing to write.
"""

from collections import deque

from apps.replication.tokens import START, Mark

SPACING, MOST = 1.0, 3600


class History:
    """The marks of one primary, at most one a second."""

    def __init__(self) -> None:
        self.latest = START
        self._latest_at = 0.0
        self._seen: deque[tuple[float, int]] = deque(maxlen=MOST)

    def saw(self, mark: Mark, now: float, *, is_primary: bool = False) -> None:
        """Note that the primary is here, or, by a reader's token, that it was."""
        if mark.timeline > self.latest.timeline and is_primary:
            # Positions that only the lost server had are nobody's aim any more.
            self._seen.clear()
            self.latest = START
        if mark.timeline < self.latest.timeline or mark.position <= self.latest.position:
            return
        self.latest, self._latest_at = mark, now
        if not self._seen or now - self._seen[-1][0] >= SPACING:
            self._seen.append((now, mark.position))

    def bytes_behind(self, mark: Mark) -> int:
        """Return how many bytes of WAL a server that is at `mark` has still to replay."""
        return max(0, self.latest.position - mark.position)

    def seconds_behind(self, mark: Mark, now: float) -> float:
        """Return how long ago the primary passed `mark`, at least."""
        if mark.position >= self.latest.position:
            return 0.0
        since = self._latest_at
        for seen_at, position in reversed(self._seen.copy()):
            if position <= mark.position:
                break
            since = seen_at
        return now - since
