"""How many visitors there are, and when: the phases of a test."""

from dataclasses import dataclass, replace

# Of a phase, so much passes until its visitors are all there; leaving takes no time.
RAMP = 0.25


@dataclass(frozen=True)
class Phase:
    """A stretch of a test: it goes to `users` and keeps them until it ends. Seconds."""

    name: str
    users: int
    seconds: float


@dataclass(frozen=True)
class Profile:
    """A test: its phases in order."""

    name: str
    phases: tuple[Phase, ...]

    @property
    def seconds(self) -> float:
        """How long all of it takes."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def peak(self) -> int:
        """The most visitors at once."""
        return max(phase.users for phase in self.phases)

    def spans(self) -> list[tuple[Phase, float, float]]:
        """Return each phase with its begin and end, in seconds from the start."""
        found, start = [], 0.0
        for phase in self.phases:
            found.append((phase, start, start + phase.seconds))
            start += phase.seconds
        return found

    def users_at(self, moment: float) -> int:
        """Return how many visitors there are, so many seconds after the start; 0 afterwards."""
        before = 0
        for phase, start, end in self.spans():
            if moment < end:
                return _between(before, phase, moment - start)
            before = phase.users
        return 0

    def due(self, start: float, end: float, *, lag: float = 0.0, step: float = 0.1) -> float:
        """Return how many requests are due between two moments, at one a second each.

        Who comes asks first `lag` seconds later; who leaves asks no more at once.
        """
        moments = [start + (n + 0.5) * step for n in range(round((end - start) / step))]
        return sum(min(self.users_at(at), self.users_at(at - lag)) for at in moments) * step

    def changed(self, *, scale: float = 1, speed: float = 1) -> "Profile":
        """Return the same with `scale` times the visitors in a `speed`th of the time."""
        phases = (
            replace(p, users=max(1, round(p.users * scale)), seconds=p.seconds / speed)
            for p in self.phases
        )
        return replace(self, phases=tuple(phases))


def _between(before: int, phase: Phase, since: float) -> int:
    if phase.users <= before:
        return phase.users
    share = min(1.0, max(0.0, since) / (phase.seconds * RAMP))
    return round(before + (phase.users - before) * share)


LOAD = Profile("load", (Phase("few", 25, 30), Phase("peak", 100, 60), Phase("after", 50, 60)))
STRESS = Profile(
    "stress", (Phase("many", 2500, 120), Phase("peak", 10_000, 300), Phase("after", 500, 120))
)
PROFILES = {profile.name: profile for profile in (LOAD, STRESS)}
