"""What throttling is told: settings.THROTTLING_*, parsed once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.signals import setting_changed

from apps.kernel.addresses import Network
from apps.throttling.pace import Pace


@dataclass(frozen=True)
class Conf:
    """`url`: the server that all units count at. `paces`: what takes the place of a limit's own."""

    url: str
    is_on: bool
    paces: Mapping[str, Pace]
    proxies: tuple[Network, ...]


@cache
def conf() -> Conf:
    """Return the settings of throttling."""
    is_on, paces = settings.THROTTLING_LIMITS
    return Conf(settings.THROTTLING_URL, is_on, paces, settings.TRUSTED_PROXIES)


def _forget(*, setting: str, **_: object) -> None:
    if setting.startswith(("THROTTLING_", "TRUSTED_")):
        conf.cache_clear()


setting_changed.connect(_forget)
