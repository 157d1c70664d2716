"""Numbers to be watched: each unit measures itself and announces them with itself.

So one question, to any unit, gives the numbers of all of them.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Sample(NamedTuple):
    """One number now. `suffix` is what a histogram adds to its name."""

    labels: dict[str, str]
    value: float
    suffix: str = ""


class Family(NamedTuple):
    """Numbers of one name; `kind` is `counter`, `gauge` or `histogram`, as Prometheus means it."""

    name: str
    kind: str
    about: str
    read: Callable[[], Iterable[Sample]]


_families: dict[str, Family] = {}


def family(name: str, kind: str, about: str, read: Callable[[], Iterable[Sample]]) -> None:
    """Have every unit announce what `read()` gives under this name."""
    _families[name] = Family(name, kind, about, read)


def families() -> list[Family]:
    """Return what is measured."""
    return list(_families.values())


def now() -> dict[str, list[Sample]]:
    """Return the numbers of this process, by the name of their family."""
    return {name: list(found.read()) for name, found in _families.items()}
