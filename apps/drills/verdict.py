"""Whether a drill's promise was kept: pure figures in, words out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from apps.drills import samples as met
from apps.drills.drill import Drill
from apps.drills.ledger import Ledger
from apps.drills.samples import ERROR, OK, STALE, WRITE, Sample

# On a machine that others use too, what took less than this was no hindrance.
UNNOTICED = 0.1
PHASES = ("before", "during", "after")


@dataclass(frozen=True)
class Times:
    """When, on the clock of the samples: begun, harmed, healed, ended."""

    begun: float
    harmed: float
    healed: float
    ended: float

    def phase(self, name: str) -> tuple[float, float]:
        """Return the bounds of a phase."""
        marks = (self.begun, self.harmed, self.healed, self.ended + 1)
        number = PHASES.index(name)
        return marks[number], marks[number + 1]


@dataclass(frozen=True)
class Figures:
    """What one drill measured. Times are in seconds; `p999` is by phase: harmed shard, others."""

    acknowledged: int
    errors: Counter[str]
    stale: int
    gap: float
    p999: dict[str, tuple[float, float]]
    counts: dict[str, tuple[int, int]]
    healed: float
    ledger: Ledger


def figures(samples: Sequence[Sample], times: Times, ledger: Ledger, harmed: str) -> Figures:
    """Return the figures of a drill that harmed a shard."""
    mine = [sample for sample in samples if sample.shard == harmed]
    others = [sample for sample in samples if sample.shard != harmed]
    found = {
        name: [met.between(part, *times.phase(name)) for part in (mine, others)] for name in PHASES
    }
    return Figures(
        acknowledged=sum(s.kind == WRITE and s.outcome == OK for s in samples),
        errors=Counter(s.why for s in samples if s.outcome == ERROR),
        stale=sum(s.outcome == STALE for s in samples),
        gap=met.longest_gap(mine, times.harmed, times.ended),
        p999={name: (_p999(parts[0]), _p999(parts[1])) for name, parts in found.items()},
        counts={name: (len(parts[0]), len(parts[1])) for name, parts in found.items()},
        healed=times.healed - times.harmed,
        ledger=ledger,
    )


def broken(drill: Drill, found: Figures, *, is_ha: bool) -> list[str]:
    """Return what was promised and not kept, each in a few words."""
    said = [
        f"{count} {what}"
        for what, count in {
            "acknowledged and lost": found.ledger.lost,
            "doubled": found.ledger.doubled,
            "with an id that goes back": found.ledger.backwards,
            "missing in timelines": found.ledger.undelivered,
            "dead letters": found.ledger.dead,
            "stale reads": found.stale,
        }.items()
        if count
    ]
    if not found.acknowledged:
        said.append("no write was acknowledged at all")
    longest = drill.longest_gap(is_ha)
    if longest is not None and found.gap > longest:
        said.append(f"{found.gap:.1f} s without a write, {longest:g} s promised")
    before, during = found.p999["before"][1], found.p999["during"][1]
    if drill.spares and during > max(2 * before, UNNOTICED):
        said.append(f"other shards from p99.9 {before * 1000:.0f} ms to {during * 1000:.0f} ms")
    if drill.flawless and found.errors:
        said.append(f"{found.errors.total()} failed requests")
    return said


def _p999(samples: Sequence[Sample]) -> float:
    return met.quantile((s.took for s in samples if s.kind == WRITE), 0.999)
