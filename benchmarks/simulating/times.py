"""What work takes: the one table of service times, and drawing from it.

Measured on a virtual machine of two cores with 1,000 accounts and 20,000 posts, in one run of each
benchmark. What is `ASSUMED` was not measured.
"""

import math
import random
from typing import NamedTuple


class Time(NamedTuple):
    """Milliseconds of a core in the mean; `spread` is standard deviation over mean."""

    ms: float
    spread: float
    source: str


SCALE = "benchmarks/scale.py, web"
STATEMENTS = "benchmarks/statements.py"
WHOLE = "benchmarks/statements.py, all less what is in statements"
NEAR = "benchmarks/near_cache.py"
ASSUMED = "assumed"

TIMES = {
    "web, kept page": Time(0.08, 0.3, "benchmarks/scale.py, web, pages kept"),
    "web, public": Time(8.9, 0.3, SCALE),
    "web, thread": Time(6.0, 0.3, SCALE),
    "web, profile": Time(15.0, 0.3, SCALE),
    "web, home": Time(8.4, 0.3, SCALE),
    "web, post": Time(11.8, 0.3, WHOLE),
    "web, like": Time(13.9, 0.3, WHOLE),
    "web, list of a shard": Time(0.007, 0.0, NEAR),
    "push, subscribe": Time(2.0, 0.5, ASSUMED),
    "push, hears of a post": Time(0.03, 0.5, ASSUMED),
    "proxy": Time(0.03, 0.5, ASSUMED),
    "valkey, key": Time(0.005, 0.3, ASSUMED),
    "valkey, invalidation": Time(0.002, 0.3, ASSUMED),
    "read, public on a shard": Time(0.4, 1.4, STATEMENTS),
    "read, home": Time(4.0, 0.7, "benchmarks/scale.py, servers, nothing cached less cached"),
    "read, thread": Time(1.2, 0.7, "benchmarks/scale.py, servers, nothing cached less cached"),
    "read, profile": Time(1.5, 1.2, STATEMENTS),
    "write, post": Time(2.9, 0.4, STATEMENTS),
    "write, like": Time(4.9, 0.7, STATEMENTS),
    "claim": Time(1.3, 0.2, STATEMENTS),
    "fan-out, statement": Time(1.1, 0.8, "benchmarks/statements.py, fan-out of 1"),
    "fan-out, row": Time(0.010, 0.0, "benchmarks/fan_out.py: 109 ms for 10,000 rows"),
    "worker, statement": Time(3.1, 0.3, WHOLE),
    "directory, look": Time(0.1, 0.5, ASSUMED),
}
# From one process to another and back, on one network.
ROUND_TRIP = 0.0003


class Draws:
    """Seconds drawn from log-normal distributions with the table's means and spreads."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._laws = {name: _law(time) for name, time in TIMES.items()}

    def of(self, name: str) -> float:
        """Return how long this piece of work takes this time."""
        centre, sigma = self._laws[name]
        return self._rng.lognormvariate(centre, sigma)


def mean(name: str) -> float:
    """Return the mean in seconds."""
    return TIMES[name].ms / 1000


def _law(time: Time) -> tuple[float, float]:
    variance = math.log(1 + time.spread**2)
    return math.log(time.ms / 1000) - variance / 2, math.sqrt(variance)
