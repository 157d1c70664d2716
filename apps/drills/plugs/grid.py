"""Harm to Valkey. In the embedded cluster one server is cache, broker and channel layer."""

import signal

from apps.drills import targets
from apps.drills.drill import Drill
from apps.drills.site import Site


def _kill_valkey(site: Site) -> None:
    site.signal(signal.SIGKILL, targets.family(site.cluster.valkey().process))


DRILLS = (
    Drill(
        name="cache-kill",
        harms="kill -9 of Valkey: it forgets all that was cached",
        promises="writes go on, and nobody reads what is old: 0 stale",
        heals="`cluster up` starts it empty",
        harm=_kill_valkey,
        heal=Site.await_whole,
        hold=3,
        gap=5,
        gap_ha=5,
    ),
    Drill(
        name="broker-kill",
        harms="kill -9 of Valkey for 15 s: it forgets all tasks that wait",
        promises="writes go on, and each post reaches every timeline once the sweep has run",
        heals="`cluster up` starts it empty; the outbox hands on again",
        harm=_kill_valkey,
        heal=Site.await_whole,
        hold=15,
        gap=5,
        gap_ha=5,
    ),
)
