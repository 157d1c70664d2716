"""When a primary was how far, as far as this process has heard: what a replica's lag is read from.

A replica's own clock cannot tell lag from a primary that has nothing to write.
"""

from collections import deque

from apps.replication.tokens import START, UNSURE, Position

SPACING, MOST = 1.0, 3600


class History:
    """The positions of one primary, at most one a second."""

    def __init__(self) -> None:
        self.latest = START
        # The youngest timeline that a primary has said it is on.
        self.timeline = 0
        self._latest_at = 0.0
        self._seen: deque[tuple[float, int]] = deque(maxlen=MOST)

    def saw(self, position: Position, now: float, *, is_primary: bool = False) -> None:
        """Note that the primary is here, or, by a reader's token, that it was."""
        if position.lsn == UNSURE.lsn:
            return
        if is_primary:
            self.timeline = max(self.timeline, position.timeline)
        if position.timeline > self.latest.timeline and is_primary:
            # Positions that only the lost server had are nobody's aim any more.
            self._seen.clear()
            self.latest = START
        if position.timeline < self.latest.timeline or position.lsn <= self.latest.lsn:
            return
        self.latest, self._latest_at = position, now
        if not self._seen or now - self._seen[-1][0] >= SPACING:
            self._seen.append((now, position.lsn))

    def bytes_behind(self, position: Position) -> int:
        """Return how many bytes of WAL a server that is at `position` has still to replay."""
        return max(0, self.latest.lsn - position.lsn)

    def seconds_behind(self, position: Position, now: float) -> float:
        """Return how long ago the primary passed `position`, at least."""
        if position.lsn >= self.latest.lsn:
            return 0.0
        since = self._latest_at
        for seen_at, lsn in reversed(self._seen.copy()):
            if lsn <= position.lsn:
                break
            since = seen_at
        return now - since
