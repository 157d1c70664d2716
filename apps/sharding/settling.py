"""What each database gets after its migrations: the directory its first map, a shard its guards."""

from apps.sharding import directory, guards
from apps.sharding.conf import conf


def settle(alias: str) -> None:
    """Bring one migrated database into service; harmless when run again."""
    if alias == conf().directory:
        directory.found()
    elif alias in conf().shards:
        guards.install(alias)
        guards.hand_over(alias)
