"""What the grid is told: settings.GRID_*, parsed once."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.signals import setting_changed


@dataclass(frozen=True)
class Conf:
    """`url`: the server that units meet at. `near_bytes`: the bound of each near cache."""

    url: str
    near_bytes: int
    version: str


@cache
def conf() -> Conf:
    """Return the settings of the grid."""
    return Conf(
        url=settings.GRID_URL,
        near_bytes=settings.GRID_NEAR_BYTES,
        version=settings.GRID_VERSION,
    )


def _forget(*, setting: str, **_: object) -> None:
    if setting.startswith("GRID_"):
        conf.cache_clear()


setting_changed.connect(_forget)
