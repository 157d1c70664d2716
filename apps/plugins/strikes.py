"""How many faults in a row each hook of each plugin has had in this unit."""

import time
from collections import Counter

# So many in a row, and the plugin is switched off everywhere.
MOST = 3

_strikes: Counter[tuple[str, str]] = Counter()
_went_well: dict[tuple[str, str], float] = {}


def strike(plugin: str, hook: str, seconds: float = 0.0) -> int:
    """Count a fault of a call that took so long; returns how many in a row that makes.

    Where another call went well in that time it is no row: many at once are slow where the machine
    has too much to do, and that is not the plugin's fault.
    """
    if _went_well.get((plugin, hook), 0.0) < time.monotonic() - seconds:
        _strikes[plugin, hook] += 1
    return _strikes[plugin, hook]


def clear(plugin: str, hook: str) -> None:
    """A call went well: the row of faults has ended."""
    _went_well[plugin, hook] = time.monotonic()
    if _strikes:
        _strikes.pop((plugin, hook), None)


def forget(plugin: str) -> None:
    """A plugin begins anew."""
    for key in [key for key in list(_strikes) if key[0] == plugin]:
        _strikes.pop(key, None)
    for key in [key for key in list(_went_well) if key[0] == plugin]:
        _went_well.pop(key, None)
