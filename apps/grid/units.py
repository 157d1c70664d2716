"""Every process of the site is a unit of the grid; the list of them is on a server that all share.

Each entry ends by itself after eight seconds, so a killed unit leaves the list.
"""

import json
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.grid.conf import conf

RENEW_EVERY = 2.0
GONE_AFTER_MS = 8000
INDEX = "grid:units"
# The index forgets names that nobody has asked for since they were gone.
INDEX_SECONDS = 86_400


@dataclass(frozen=True)
class Unit:
    """What a unit says of itself. `since` and `at` are Unix times; `cpu` is percent of a core."""

    role: str
    host: str
    pid: int
    version: str
    since: float
    at: float
    cpu: float
    in_flight: int
    near_bytes: int
    near_entries: int
    hits: int
    misses: int
    samples: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Which process it is."""
        return f"{self.host}:{self.pid}"

    @property
    def hit_ratio(self) -> float | None:
        """The part of reads that the near cache has answered; None before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None

    @property
    def hit_percent(self) -> str:
        """The hit ratio for people."""
        return "" if self.hit_ratio is None else f"{100 * self.hit_ratio:.0f}%"

    @property
    def near_megabytes(self) -> str:
        """The size of the near cache for people."""
        return f"{self.near_bytes / 2**20:.1f}"


def listed() -> list[Unit]:
    """Return the units that are there, by role and age; raises redis.RedisError."""
    client = server()
    names = [name.decode() for name in client.zrange(INDEX, 0, -1)]
    if not names:
        return []
    said = client.mget([_key(name) for name in names])
    if gone := [name for name, text in zip(names, said, strict=True) if text is None]:
        client.zrem(INDEX, *gone)
    units = [Unit(**json.loads(text)) for text in said if text is not None]
    return sorted(units, key=lambda unit: (unit.role, unit.since))


def tell(unit: Unit) -> None:
    """List a unit for the next eight seconds; raises redis.RedisError."""
    pipe = server().pipeline(transaction=False)
    pipe.set(_key(unit.name), json.dumps(asdict(unit)), px=GONE_AFTER_MS)
    pipe.zadd(INDEX, {unit.name: unit.at})
    pipe.zremrangebyscore(INDEX, 0, unit.at - INDEX_SECONDS)
    pipe.execute()


def strike(unit_name: str) -> None:
    """Take a unit from the list; raises redis.RedisError."""
    server().delete(_key(unit_name))


@cache
def server() -> Any:
    """Return the client of the server that units meet at: short time-outs, no second try."""
    retry = Retry(NoBackoff(), 0)
    options = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": retry}
    return redis.Redis.from_url(conf().url, **options)


def _key(name: str) -> str:
    return f"grid:unit:{name}"
