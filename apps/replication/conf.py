"""Which servers hold the same data: settings.REPLICATION_GROUPS, parsed once."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.signals import setting_changed


@dataclass(frozen=True)
class Conf:
    """`groups`: primary alias -> aliases of its replicas. `cookie`: the token's name."""

    groups: dict[str, tuple[str, ...]]
    cookie: str

    def primary_of(self, alias: str) -> str:
        """Return the primary alias of the group that `alias` belongs to."""
        for primary, replicas in self.groups.items():
            if alias == primary or alias in replicas:
                return primary
        return alias


@cache
def conf() -> Conf:
    """Return the settings of replication."""
    groups = {name: tuple(replicas) for name, replicas in settings.REPLICATION_GROUPS.items()}
    return Conf(groups=groups, cookie=settings.REPLICATION_COOKIE)


def _forget(*, setting: str, **_: object) -> None:
    if setting.startswith("REPLICATION_"):
        conf.cache_clear()


setting_changed.connect(_forget)
