"""How many faults in a row each hook of each plugin has had in this unit."""

from collections import Counter

# So many in a row, and the plugin is switched off everywhere.
MOST = 3

_strikes: Counter[tuple[str, str]] = Counter()


def strike(plugin: str, hook: str) -> int:
    """Count a fault; returns how many in a row that makes."""
    _strikes[plugin, hook] += 1
    return _strikes[plugin, hook]


def clear(plugin: str, hook: str) -> None:
    """A call went well: the row of faults has ended."""
    if _strikes:
        _strikes.pop((plugin, hook), None)


def forget(plugin: str) -> None:
    """A plugin begins anew."""
    for key in [key for key in list(_strikes) if key[0] == plugin]:
        _strikes.pop(key, None)
