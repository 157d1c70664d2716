"""How far replicas were behind, in seconds, from positions that were noted over time. Pure.

A replica is as far behind as the time since its primary passed what it has replayed. A primary that
has nothing to write leaves nobody behind.
"""

from bisect import bisect_right
from collections.abc import Sequence

from apps.ops.sampling import Point

# At a time (Unix), so many seconds; None where the replica could not be asked.
Track = list[tuple[float, float | None]]


def behind(points: Sequence[Point], primary: str, replica: str) -> Track:
    """Return how far a replica was behind at each point; at least, as it may be for longer."""
    passed: list[int] = []
    passed_at: list[float] = []
    track: Track = []
    for at, positions in points:
        lsn, replayed = positions.get(primary), positions.get(replica)
        if lsn is not None and (not passed or lsn > passed[-1]):
            passed.append(lsn)
            passed_at.append(at)
        if replayed is None:
            track.append((at, None))
            continue
        # The first moment at which the primary was seen further than the replica is now.
        place = bisect_right(passed, replayed)
        track.append((at, round(at - passed_at[place], 1) if place < len(passed) else 0.0))
    return track
