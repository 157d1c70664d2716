"""The settings of sharding, parsed once."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings


@dataclass(frozen=True)
class Conf:
    """`directory`: the unsharded database's alias; `shards`: the shards' primaries, in order.

    A process looks for changes of the bucket map every `map_seconds`; with 0 only where a shard
    refuses what it writes.
    """

    directory: str
    shards: tuple[str, ...]
    map_seconds: float

    @property
    def primaries(self) -> tuple[str, ...]:
        """Every database that takes writes, the directory first."""
        return (self.directory, *self.shards)


@cache
def conf() -> Conf:
    """Return the settings of sharding."""
    return Conf(
        directory="default",
        shards=tuple(settings.SHARDING_SHARDS),
        map_seconds=settings.SHARDING_MAP_SECONDS,
    )
