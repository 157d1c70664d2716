"""How often each cached query was answered from the cache, in this process."""

from collections import Counter, defaultdict

_counts: defaultdict[str, Counter[str]] = defaultdict(Counter)


def count(query: str, outcome: str) -> None:
    """Count one answer: a `hit`, `filled`, or without the cache (`passed`, `waited`, `away`)."""
    _counts[query][outcome] += 1


def of_queries() -> dict[str, dict[str, int]]:
    """Return the number of each outcome, by query."""
    return {name: dict(counts) for name, counts in sorted(_counts.items())}
