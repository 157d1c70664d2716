"""A drill from its beginning to its figures."""

import time
from typing import Any

from apps.drills import ledger, verdict
from apps.drills.drill import Drill
from apps.drills.errors import DrillError
from apps.drills.samples import OK, WRITE
from apps.drills.site import HARMED, Site
from apps.drills.verdict import Figures, Times
from apps.drills.workload import THREADS, Workload

# Each author writes every other second at 100 a second: one by one, as people do.
AUTHORS = 4 * THREADS
# The first requests of a new process take long; they are no measure.
WARM_UP = 5.0


def check(drill: Drill, site: Site) -> None:
    """Raise DrillError where the drill cannot be held."""
    if drill.needs == "ha" and not site.is_ha:
        raise DrillError(f"{drill.name} needs Patroni: run it with --ha.")
    drill.ready(site)


def run(
    drill: Drill, site: Site, people: dict[str, Any], *, rate: float, seconds: float
) -> Figures:
    """Harm and heal a site under `rate` writes a second, `seconds` before and after."""
    site.notes.clear()
    _warm_up(site, people, rate)
    workload = Workload(site.port, people, rate)
    workload.start()
    try:
        begun = time.monotonic()
        time.sleep(seconds)
        harmed = time.monotonic()
        drill.harm(site)
        time.sleep(drill.hold)
        drill.heal(site)
        healed = time.monotonic()
        time.sleep(seconds)
    finally:
        workload.stop()
    times = Times(begun, harmed, healed, workload.ends)
    return verdict.figures(workload.samples, times, _audit(site, workload, people), HARMED)


def _warm_up(site: Site, people: dict[str, Any], rate: float) -> None:
    workload = Workload(site.port, people, rate)
    workload.start()
    time.sleep(WARM_UP)
    workload.stop()


def _audit(site: Site, workload: Workload, people: dict[str, Any]) -> ledger.Ledger:
    ledger.settle(site)
    writes = [s for s in workload.samples if s.kind == WRITE and s.outcome == OK]
    acknowledged = [sample.text for sample in sorted(writes, key=lambda sample: sample.done)]
    readers = [one["reader"] for one in people.values()]
    return ledger.audit(site, workload.run, acknowledged, readers)
