"""What a test comes to: each phase judged, each endpoint listed, each second drawn."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from apps.loadtest import percentiles
from apps.loadtest.profiles import Profile
from apps.loadtest.samples import Samples

# At most so many points are drawn: a long test has several seconds to a point.
POINTS = 270
# The plan is followed in steps of a second; a visitor first asks half a second later on average.
LAG = 1.5
NOBODY_SIGNED_IN = (
    "Nobody was signed in: home, likes, posts, replies and WebSockets were not tested. "
    "Give the visitors sessions by --people."
)


@dataclass(frozen=True)
class Limits:
    """What fails a phase: milliseconds at p99.9, errors in all, asked of what was due."""

    p999_ms: float = 300
    errors: float = 0.001
    # A generator that asks for less than it should measures a smaller load than the one named.
    asked: float = 0.9


@dataclass(frozen=True)
class PhaseResult:
    """One phase, judged."""

    name: str
    users: int
    start: float
    end: float
    due: float
    asked: int
    errors: int
    p50: float
    p99: float
    p999: float
    faults: list[str]


@dataclass(frozen=True)
class Endpoint:
    """One endpoint in one phase."""

    phase: str
    name: str
    asked: int
    errors: int
    p50: float
    p99: float
    p999: float


@dataclass(frozen=True)
class Point:
    """Some seconds of the test, for the plots."""

    at: float
    users: int
    members: int
    rate: float
    errors: float
    p50: float
    p99: float
    p999: float


@dataclass
class Summary:
    """All that is reported. `usage` has the cores that each part of the site used, if known."""

    profile: str
    url: str
    started: float
    seconds: float
    limits: Limits
    phases: list[PhaseResult]
    endpoints: list[Endpoint]
    points: list[Point]
    failures: dict[str, int]
    late_ms: float
    told: list[str]
    usage: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no phase has a fault."""
        return not any(phase.faults for phase in self.phases)

    @property
    def untested(self) -> str:
        """What the verdict says nothing of; empty where visitors did all that they do."""
        return "" if any(point.members for point in self.points) else NOBODY_SIGNED_IN

    def write(self, path: Path) -> None:
        """Store it as JSON."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Summary":
        """Return what `write` stored."""
        found = json.loads(path.read_text())
        found["limits"] = Limits(**found["limits"])
        for name, row in (("phases", PhaseResult), ("endpoints", Endpoint), ("points", Point)):
            found[name] = [row(**values) for values in found[name]]
        return cls(**found)


class Summing:
    """Makes a summary of samples. Of the names in `told` the times are listed but not judged."""

    def __init__(self, samples: Samples, profile: Profile, started: float, limits: Limits) -> None:
        self.samples, self.profile, self.limits = samples, profile, limits
        self.started = started
        self.names = sorted(samples.columns)

    def summary(self, *, url: str, told: Iterable[str] = ()) -> Summary:
        """Judge, list and count everything."""
        told = sorted(told)
        self.judged = [name for name in self.names if name not in told]
        return Summary(
            profile=self.profile.name,
            url=url,
            started=self.started,
            seconds=self.profile.seconds,
            limits=self.limits,
            phases=[self._phase(*span) for span in self.profile.spans()],
            endpoints=self._endpoints(),
            points=self._points(),
            failures=dict(self._failures(self.names, 0, self.profile.seconds)),
            late_ms=self._late_ms(),
            told=told,
        )

    def _phase(self, phase: Any, start: float, end: float) -> PhaseResult:
        times = self._times(self.judged, start, end)
        errors = self._failures(self.names, start, end).total()
        shown = percentiles.in_ms(times)
        due = self.profile.due(start, end, lag=LAG)
        faults = self._faults(shown["p999"], errors, len(times), due - phase.users)
        return PhaseResult(
            phase.name, phase.users, start, end, due, len(times), errors, **shown, faults=faults
        )

    def _faults(self, p999: float, errors: int, asked: int, due: float) -> list[str]:
        limits, share = self.limits, errors / max(asked, 1)
        faults = []
        if p999 >= limits.p999_ms:
            faults.append(f"p99.9 is {p999:,.0f} ms, not under {limits.p999_ms:g} ms")
        if share >= limits.errors:
            faults.append(f"{share:.2%} are errors, not under {limits.errors:.2%}")
        # Of each visitor one request may fall outside of the phase.
        if asked < limits.asked * due:
            faults.append(
                f"only {asked:,} of {due:,.0f} requests were made: give the generator more "
                f"processes or machines"
            )
        return faults

    def _endpoints(self) -> list[Endpoint]:
        found = []
        for phase, start, end in self.profile.spans():
            for name in self.names:
                times = self._times([name], start, end)
                errors = self._failures([name], start, end).total()
                shown = percentiles.in_ms(times)
                found.append(Endpoint(phase.name, name, len(times), errors, **shown))
        return found

    def _points(self) -> list[Point]:
        width = max(1, math.ceil(self.profile.seconds / POINTS))
        count = math.ceil(self.profile.seconds / width)
        buckets: list[list[float]] = [[] for _ in range(count)]
        failed = [0] * count
        for name in self.judged:
            column = self.samples.columns[name]
            for due, took in zip(column.due, column.took, strict=True):
                if 0 <= (n := int((due - self.started) // width)) < count:
                    buckets[n].append(took)
        for name in self.names:
            for due, _ in self.samples.columns[name].failed:
                if 0 <= (n := int((due - self.started) // width)) < count:
                    failed[n] += 1
        return [self._point(n * width, width, buckets[n], failed[n]) for n in range(count)]

    def _point(self, at: float, width: int, times: list[float], failed: int) -> Point:
        end = min(at + width, self.profile.seconds)
        users, members = self.samples.visitors_at(self.started + end)
        shown = percentiles.in_ms(sorted(times))
        return Point(at, users, members, len(times) / width, failed / width, **shown)

    def _times(self, names: list[str], start: float, end: float) -> list[float]:
        return self.samples.times(names, self.started + start, self.started + end)

    def _failures(self, names: list[str], start: float, end: float) -> Counter[str]:
        return self.samples.failures(names, self.started + start, self.started + end)

    def _late_ms(self) -> float:
        late = sorted(value for name in self.names for value in self.samples.columns[name].late)
        return 1000 * percentiles.nearest_rank(late, 0.999)
