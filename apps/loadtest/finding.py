"""The greatest share of the stress test that passes on a machine, by bisection."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apps.loadtest.summaries import Summary

# Phases of a fifth of their time: long enough for a queue to grow, short enough for ten attempts.
SPEED = 5.0
# The first attempt, and how near the answer is to the first share that fails.
FIRST, NEAR = 0.01, 1.15
LEAST = 0.0005
# A process that uses so much of a core, or a machine of its cores, has nothing left.
FULL_PROCESS, FULL_MACHINE = 0.9, 0.9


@dataclass(frozen=True)
class Found:
    """The last share that passed and the first that did not, each with its run."""

    scale: float
    best: Summary | None
    failed_at: float
    failed: Summary | None

    def lines(self) -> Iterator[str]:
        """Say what was found."""
        if self.best is None:
            yield f"Not even {self.failed_at:.2%} of the stress test passes here."
        else:
            peak = max(phase.users for phase in self.best.phases)
            yield f"[bold]{self.scale:.2%} of the stress test passes: {peak:,} visitors.[/bold]"
            if self.best.untested:
                yield f"[yellow]{self.best.untested}[/yellow]"
            yield from pods(self.best, self.scale)
        if self.failed is not None:
            yield f"At {self.failed_at:.2%} it fails. {saturated(self.failed)}"


def find(attempt: Callable[[float], Summary], *, most: float) -> Found:
    """Double until a share fails, then halve the way between, until both are near each other."""
    scale, best, failed_at, failed = 0.0, None, 0.0, None
    here = min(FIRST, most)
    while here >= LEAST:
        found = attempt(here)
        if found.passed:
            scale, best = here, found
        else:
            failed_at, failed = here, found
        if best and (scale >= most or (failed_at and failed_at <= scale * NEAR)):
            break
        here = _next(scale, failed_at, most)
    return Found(scale, best, failed_at, failed)


def _next(passed: float, failed: float, most: float) -> float:
    if not failed:
        return min(passed * 2, most)
    return math.sqrt(passed * failed) if passed else failed / 2


def saturated(found: Summary) -> str:
    """Say what was in the way: a process with a full core, or the machine."""
    cores, machine = found.usage["cores"], found.usage["machine"]
    if not found.usage["at"]:
        return "It was too short to see what is in the way."
    # The busiest tenth of the run: where the load was highest.
    used = {name: _high(values) for name, values in cores.items()}
    shown = ", ".join(
        f"{n} {v:.2f}" for n, v in sorted(used.items(), key=lambda i: -i[1]) if v > 0.005
    )
    whole = _high([sum(row) for row in zip(*cores.values(), strict=True)])
    if whole >= FULL_MACHINE * machine:
        first = max(used, key=lambda name: used[name])
        return (
            f"The machine's {machine} cores are full, {first} before the others (cores: {shown})."
        )
    full = [name for name, most in found.usage["busiest"].items() if most >= FULL_PROCESS]
    if full:
        return f"A process of {' and of '.join(full)} has no more of its core (cores: {shown})."
    return (
        f"{whole:.2f} of {machine} cores are used, so something waits: a lock, a disk, or other "
        f"programs of this machine (cores: {shown})."
    )


def pods(found: Summary, scale: float) -> Iterator[str]:
    """Say how many of the measured processes would carry all of the stress test, by proportion."""
    if not found.usage["at"]:
        return
    yield "For the whole of it, in proportion:"
    for name, values in found.usage["cores"].items():
        if (used := _high(values)) > 0.005:
            yield (
                f"  {name:<10} {used:5.2f} cores here, {used / scale:6.1f} for all: "
                f"{math.ceil(1 / scale):,} times what runs here"
            )


def _high(values: list[float]) -> float:
    """Return the mean of the highest tenth."""
    top = sorted(values, reverse=True)[: max(1, len(values) // 10)]
    return sum(top) / len(top)


def attempt_line(found: Summary, scale: float) -> str:
    """Say how an attempt ended."""
    peak = max(phase.users for phase in found.phases)
    worst = max(phase.p999 for phase in found.phases)
    errors = sum(phase.errors for phase in found.phases)
    word = "[green]passes[/green]" if found.passed else "[red]fails[/red]"
    faults = "; ".join(f"{phase.name}: {fault}" for phase in found.phases for fault in phase.faults)
    said = f"{word}, p99.9 {worst:,.0f} ms, {errors:,} errors"
    return f"{scale:8.2%} {peak:6,} visitors: {said}" + (f" ({faults})" if faults else "")
