"""How many in how long: a bucket that is full at first and fills evenly. Pure.

What is kept of a bucket is one moment: when it will be full again (GCRA's theoretical arrival
time). Each thing taken moves it one interval further; it may be at most `times` intervals away.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from apps.kernel.errors import Misconfigured

FORM = re.compile(r"([a-z-]+)=(\d{1,7})/(\d{1,7})")
OFF = "off"


class Pace(NamedTuple):
    """`times` at once, and `times` in each `seconds` from then on."""

    times: int
    seconds: float

    @property
    def interval(self) -> float:
        """The seconds in which one more fits."""
        return self.seconds / self.times


def take(pace: Pace, full_at: float, now: float) -> tuple[float, float]:
    """Take one at `now`; returns when the bucket is full again, and the seconds to wait.

    Where there is something to wait for, nothing was taken.
    """
    after = max(full_at, now) + pace.interval
    wait = after - now - pace.seconds
    # Rounding must not refuse the last one that fits.
    return (after, 0.0) if wait <= 1e-6 else (full_at, wait)


def give_back(pace: Pace, full_at: float) -> float:
    """Put one back; returns when the bucket is full again."""
    return full_at - pace.interval


def parsed(name: str, words: Iterable[str]) -> tuple[bool, dict[str, Pace]]:
    """Return whether limits are held, and the paces in words like `posting=60/300`."""
    found, is_on = {}, True
    for word in words:
        match = FORM.fullmatch(word)
        if word == OFF:
            is_on = False
        elif match is None or not int(match[2]) or not int(match[3]):
            raise Misconfigured(name, "`off`, or limits like posting=60/300 (seconds)", word)
        else:
            found[match[1]] = Pace(int(match[2]), float(match[3]))
    return is_on, found
