"""What a drill is: a small plug that says what it harms, what stays promised, and how it heals."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.drills.site import Site


def nothing(site: Site) -> None:
    """Heal what heals by itself."""


@dataclass(frozen=True)
class Drill:
    """One drill. `harm` and `heal` act on a site; `hold` seconds lie between them.

    That nothing acknowledged is lost, nothing doubled, and no reader sees the past, is promised
    by all of them. `gap` is the longest time, in seconds, that the harmed shard may take no write
    after the harm; with Patroni it is `gap_ha`. `spares` says that the other shards stay within
    twice their p99.9, `flawless` that no request fails at all. What `needs_http` is no harm to who
    calls services. `ready` refuses, by DrillError, where the drill cannot be held.
    """

    name: str
    harms: str
    promises: str
    heals: str
    harm: Callable[[Site], None]
    heal: Callable[[Site], None] = nothing
    hold: float = 5.0
    gap: float | None = None
    gap_ha: float | None = None
    spares: bool = False
    flawless: bool = False
    needs_ha: bool = False
    needs_http: bool = False
    ready: Callable[[Site], None] = nothing

    def longest_gap(self, is_ha: bool) -> float | None:
        """Return how long the harmed shard may take no write; None where nothing is promised."""
        return self.gap_ha if is_ha else self.gap
