"""What a workload met, and the figures that follow from it."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil
from typing import NamedTuple

OK, ERROR, STALE = "ok", "error", "stale"
WRITE, READ = "write", "read"


class Sample(NamedTuple):
    """One request: `due` is when it should have been sent, `done` when its answer was there.

    Times are seconds of one monotonic clock. `text` is what a write wrote, `why` an error.
    """

    shard: str
    kind: str
    outcome: str
    due: float
    done: float
    text: str = ""
    why: str = ""

    @property
    def took(self) -> float:
        """Seconds from when it was due: what a stall kept from being sent has waited too."""
        return self.done - self.due


def quantile(values: Iterable[float], part: float) -> float:
    """Return the least value that at least `part` of all do not exceed; 0 where there is none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[max(0, ceil(part * len(ordered)) - 1)]


def longest_gap(samples: Sequence[Sample], since: float, until: float) -> float:
    """Return the longest time between acknowledged writes from the last before `since` on."""
    done = sorted(s.done for s in samples if s.kind == WRITE and s.outcome == OK)
    begun = max((at for at in done if at <= since), default=since)
    marks = [begun, *(at for at in done if since < at < until), until]
    return max(later - earlier for earlier, later in pairwise(marks))


def between(samples: Iterable[Sample], since: float, until: float) -> list[Sample]:
    """Return the samples that were due in this time."""
    return [sample for sample in samples if since <= sample.due < until]
