"""How many of what there are at each order of magnitude, and for how long each is simulated."""

from dataclasses import dataclass, replace

from apps.kernel.errors import RookeryError
from apps.sharding.ids import BUCKETS

# Requests a second of the load profile at its peak; all orders are multiples of it.
REQUESTS = 100


class BadPlan(RookeryError):
    """A number of servers or an order of magnitude that there is no plan for."""


@dataclass(frozen=True)
class Plan:
    """Processes and servers for `scale` times the load; `seconds` are simulated.

    `cores` are of each database server. `proxy_seconds`: for so long the proxies before the web
    processes give out a page made for visitors who are not signed in; 0, they keep none.
    """

    scale: int
    shards: int
    replicas: int
    web: int
    push: int
    workers: int
    valkeys: int
    proxies: int
    proxy_seconds: float
    cores: int
    seconds: float

    @property
    def requests(self) -> int:
        """Requests a second."""
        return REQUESTS * self.scale

    def changed(self, **numbers: int | float | None) -> "Plan":
        """Return the plan with other numbers in place of some (None: as planned)."""
        given = {name: number for name, number in numbers.items() if number is not None}
        _check(given)
        return replace(self, **given)  # type: ignore[arg-type]


def _check(given: dict[str, int | float]) -> None:
    for name, number in given.items():
        least = 0 if name in ("replicas", "proxy_seconds") else 1
        if number < least:
            raise BadPlan(f"{name} is {number}: give {least} or more.")
    if given.get("shards", 1) > BUCKETS:
        raise BadPlan(f"{given['shards']} shards: there are {BUCKETS} buckets; give that at most.")


PLANS = {
    plan.scale: plan
    for plan in (
        Plan(1, 2, 1, 2, 1, 1, 1, 1, 0, 2, 60),
        Plan(10, 2, 2, 8, 2, 4, 1, 2, 1, 4, 20),
        Plan(100, 4, 2, 70, 8, 16, 1, 4, 1, 8, 6),
        Plan(1000, 16, 2, 900, 60, 200, 10, 24, 1, 16, 1),
        Plan(10_000, 64, 2, 10_000, 600, 5000, 100, 240, 1, 32, 0.2),
    )
}


def planned(scale: int, *, servers_of: int | None = None) -> Plan:
    """Return the plan for an order of magnitude, or its load on the servers of another one's.

    Raises BadPlan where there is no plan.
    """
    for one in (scale, servers_of or scale):
        if one not in PLANS:
            known = ", ".join(map(str, PLANS))
            raise BadPlan(f"There is no plan for {one} times the load: give one of {known}.")
    seconds = PLANS[scale].seconds
    return replace(PLANS[servers_of or scale], scale=scale, seconds=seconds)
