"""Limits: declared where they are held, listed in one table, kept by all units together.

POSTING = limits.declare("posting", 30, 300, by=By.ACCOUNT, away=Away.LETS, about="…")
limits.hold({POSTING: account_id})
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import redis

from apps.kernel.breakers import Breaker
from apps.throttling.conf import conf
from apps.throttling.counters import Bucket, Here, Shared, Verdict
from apps.throttling.errors import TooMany
from apps.throttling.pace import Pace

log = logging.getLogger(__name__)


class By(Enum):
    """Whose doings are counted together."""

    ACCOUNT = "account"
    ADDRESS = "address"
    NAME = "name that is signed in with"
    PAIR = "name and address together"


class Away(Enum):
    """What holds while the server that all units count at is away."""

    HERE = "each process counts for itself"
    LETS = "nothing: all may"


@dataclass(frozen=True)
class Limit:
    """So many at once, and in each so many seconds; what it is for, as the documents say it."""

    name: str
    own_pace: Pace
    by: By
    away: Away
    about: str

    @property
    def pace(self) -> Pace:
        """What holds: the operator's word, else its own."""
        return conf().paces.get(self.name, self.own_pace)

    def bucket(self, who: object) -> Bucket:
        """Return where somebody's doings are counted. No name or address is kept as it is."""
        digest = hashlib.blake2b(str(who).encode(), digest_size=12).hexdigest()
        return Bucket(f"limit:{self.name}:{digest}", self.pace)


@dataclass(frozen=True)
class Taken:
    """What was counted, to be given back where it should not have been."""

    counter: Shared | Here | None
    buckets: Sequence[Bucket] = ()
    full_after: Mapping[Limit, float] = field(default_factory=dict)

    def full_in(self, limit: Limit) -> float:
        """Return the seconds until all that a limit gives may be done again."""
        return self.full_after.get(limit, 0.0)


_limits: dict[str, Limit] = {}
_shared, _here = Shared(), Here()
_breaker = Breaker(longest_pause=10.0)
_outcomes: Counter[tuple[str, str]] = Counter()


def declare(name: str, times: int, seconds: float, *, by: By, away: Away, about: str) -> Limit:
    """Make a limit known: `times` at once, and `times` in each `seconds`."""
    _limits[name] = Limit(name, Pace(times, seconds), by, away, about)
    return _limits[name]


def declared() -> list[Limit]:
    """Return every limit, by name."""
    return sorted(_limits.values(), key=lambda limit: limit.name)


def outcomes() -> dict[tuple[str, str], int]:
    """Return what became of what this process counted, by limit and outcome."""
    return dict(_outcomes)


def hold(who: Mapping[Limit, object]) -> Taken:
    """Count one more for each; raises TooMany, and then nothing is counted."""
    if not conf().is_on:
        return Taken(None)
    limits = list(who)
    buckets = [limit.bucket(key) for limit, key in who.items()]
    verdict = _ask(buckets)
    if verdict is not None:
        return _judged(verdict, limits, _shared, buckets)
    kept = [place for place, limit in enumerate(limits) if limit.away is Away.HERE]
    _note([limit for limit in limits if limit.away is Away.LETS], "let")
    limits, buckets = [limits[place] for place in kept], [buckets[place] for place in kept]
    return _judged(_here.take(buckets), limits, _here, buckets)


def give_back(taken: Taken) -> None:
    """Have what was counted not count; harmless where the server is away by now."""
    if taken.counter is None or not taken.buckets:
        return
    try:
        taken.counter.give_back(taken.buckets)
    except redis.RedisError as error:
        log.debug("What was counted stays counted: %s", error)


def _ask(buckets: Sequence[Bucket]) -> Verdict | None:
    """Ask the server; None while it is away."""
    if not _breaker.lets_in():
        return None
    try:
        verdict = _shared.take(buckets)
    except redis.RedisError as error:
        log.warning("Limits are not held by all units together: %s", error)
        _breaker.fail(error)
        return None
    _breaker.succeed()
    return verdict


def _judged(
    verdict: Verdict, limits: Sequence[Limit], counter: Shared | Here, buckets: Sequence[Bucket]
) -> Taken:
    if verdict.empty is not None:
        refused = limits[verdict.empty]
        _note([refused], "refused")
        raise TooMany(refused.name, verdict.wait)
    _note(limits, "shared" if counter is _shared else "here")
    return Taken(counter, buckets, dict(zip(limits, verdict.full_in, strict=True)))


def _note(limits: Sequence[Limit], outcome: str) -> None:
    _outcomes.update((limit.name, outcome) for limit in limits)
