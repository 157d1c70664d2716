"""How often each cached query was answered from the cache: of this process, and of all.

Each unit of the grid adds what it counted to the data grid with each announcement; what it could
not add, and what other processes count, is lost.
"""

import threading
from collections import Counter, defaultdict

from apps.caching import store

KEY = f"{store.PREFIX}:stats"

_lock = threading.Lock()
_counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
_unsaid: Counter[str] = Counter()


def count(query: str, outcome: str, number: int = 1) -> None:
    """Count answers: from memory (`near`), from the data grid (`hit`), `filled`, `late` to be
    stored, or without the cache (`passed`, `waited`, `away`).
    """
    with _lock:
        _counts[query][outcome] += number
        _unsaid[f"{query} {outcome}"] += number


def say() -> None:
    """Add what was counted to the data grid; raises store.Away."""
    with _lock:
        unsaid = dict(_unsaid)
        _unsaid.clear()
    if unsaid:
        store.add_counts(KEY, unsaid)


def of_process() -> dict[str, dict[str, int]]:
    """Return the number of each outcome in this process, by query."""
    return {name: dict(counts) for name, counts in sorted(_counts.items())}


def of_site() -> dict[str, dict[str, int]]:
    """Return the number of each outcome in all processes, by query; raises store.Away."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name, number in sorted(store.counts(KEY).items()):
        query, _, outcome = name.partition(" ")
        found[query][outcome] = number
    return dict(found)
