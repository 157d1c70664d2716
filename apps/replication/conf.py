"""Which servers hold the same data, and what is asked of them: the settings, parsed once."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.signals import setting_changed


@dataclass(frozen=True)
class Conf:
    """`groups`: primary alias -> aliases of its replicas. The cookies are names.

    A replica further behind than `max_lag_seconds` is left out for a while; so is one that takes
    longer than `answer_seconds` to say how far it is, and so is a primary that says nothing for as
    long. A read on a replica may take `read_seconds`, a statement on a primary `write_seconds`.
    At most `slots` threads of a process wait for one server.
    A request that lost its primary waits `failover_seconds` for the next one; 0 where none comes.
    """

    groups: dict[str, tuple[str, ...]]
    cookie: str
    told_cookie: str
    max_lag_seconds: float
    answer_seconds: float
    read_seconds: float
    write_seconds: float
    slots: int
    failover_seconds: float

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
    return Conf(
        groups=groups,
        cookie=settings.REPLICATION_COOKIE,
        told_cookie=settings.REPLICATION_TOLD_COOKIE,
        max_lag_seconds=settings.REPLICATION_MAX_LAG_SECONDS,
        answer_seconds=settings.REPLICATION_ANSWER_SECONDS,
        read_seconds=settings.REPLICATION_READ_SECONDS,
        write_seconds=settings.REPLICATION_WRITE_SECONDS,
        slots=settings.REPLICATION_SLOTS,
        failover_seconds=settings.REPLICATION_FAILOVER_SECONDS,
    )


def _forget(*, setting: str, **_: object) -> None:
    if setting.startswith("REPLICATION_"):
        conf.cache_clear()


setting_changed.connect(_forget)
