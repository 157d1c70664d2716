"""How often each cached query was answered from the cache: of this process, and of all.

Each process adds what it counted to the data grid every few seconds; what it could not add is lost.
"""

import threading
import time
from collections import Counter, defaultdict

from apps.caching import store

EVERY_SECONDS = 2.0
KEY = f"{store.PREFIX}:stats"

_lock = threading.Lock()
_counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
_unsaid: Counter[str] = Counter()
_said_at = time.monotonic()


def count(query: str, outcome: str) -> None:
    """Count one answer: a `hit`, `filled`, or without the cache (`passed`, `waited`, `away`)."""
    global _said_at
    with _lock:
        _counts[query][outcome] += 1
        _unsaid[f"{query} {outcome}"] += 1
        now = time.monotonic()
        if now - _said_at < EVERY_SECONDS:
            return
        _said_at, unsaid = now, dict(_unsaid)
        _unsaid.clear()
    try:
        store.add_counts(KEY, unsaid)
    except store.Away:
        pass


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
