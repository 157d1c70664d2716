"""A drill from its beginning to its figures."""

import time
from dataclasses import dataclass

from apps.drills import ledger, verdict
from apps.drills.drill import Drill
from apps.drills.errors import DrillError
from apps.drills.people import Crowd
from apps.drills.samples import OK, WRITE
from apps.drills.site import HARMED, Site
from apps.drills.verdict import Figures, Times
from apps.drills.workload import THREADS, Embody, Workload

# Each author writes every other second at 100 a second: one by one, as people do.
AUTHORS = 4 * THREADS
# The first requests of a new process take long; they are no measure.
WARM_UP = 5.0


@dataclass(frozen=True)
class Load:
    """Who writes, by what, how many posts a second, and for how long before and after the harm."""

    crowds: dict[str, Crowd]
    embody: Embody
    rate: float
    seconds: float

    def start(self) -> Workload:
        """Begin to write."""
        workload = Workload(self.crowds, self.embody, self.rate)
        workload.start()
        return workload


def check(drill: Drill, site: Site) -> None:
    """Raise DrillError where the drill cannot be held."""
    if drill.needs_ha and not site.is_ha:
        raise DrillError(f"{drill.name} needs Patroni: run it with --ha.")
    drill.ready(site)


def run(drill: Drill, site: Site, load: Load) -> Figures:
    """Harm a site under load, heal it, and measure."""
    site.notes.clear()
    _warm_up(load)
    workload = load.start()
    try:
        begun = time.monotonic()
        time.sleep(load.seconds)
        harmed = time.monotonic()
        drill.harm(site)
        time.sleep(drill.hold)
        drill.heal(site)
        healed = time.monotonic()
        time.sleep(load.seconds)
    finally:
        workload.stop()
    times = Times(begun, harmed, healed, workload.ends)
    return verdict.figures(workload.samples, times, _audit(site, workload, load.crowds), HARMED)


def _warm_up(load: Load) -> None:
    workload = load.start()
    time.sleep(WARM_UP)
    workload.stop()


def _audit(site: Site, workload: Workload, crowds: dict[str, Crowd]) -> ledger.Ledger:
    ledger.settle(site)
    writes = [s for s in workload.samples if s.kind == WRITE and s.outcome == OK]
    acknowledged = [sample.text for sample in sorted(writes, key=lambda sample: sample.done)]
    readers = [crowd.reader for crowd in crowds.values()]
    return ledger.audit(site, workload.run, acknowledged, readers)
