"""How far a move is, in words; and whether the servers answer fast enough for another to begin."""

import statistics
import time
from collections.abc import Callable, Iterable

from django.db import connections

from apps.moves.replication import Progress

# A commit on a server that takes longer than this: it has enough to do.
SLOW_MS = 100.0
TRIES = 5
PAUSE_SECONDS = 1.0


def described(found: Progress, seconds: float) -> str:
    """Return how far a copy is that has taken so long."""
    rows = f"{found.copied.rows:,} of {found.whole.rows:,} rows"
    megabytes = f"{found.copied.bytes / 1e6:,.1f} of {found.whole.bytes / 1e6:,.1f} MB"
    return f"{rows}, {megabytes}, {found.behind:,} bytes behind{_left(found.part, seconds)}"


def _left(part: float, seconds: float) -> str:
    if part >= 1:
        return ", catching up"
    return f", about {seconds * (1 - part) / part:,.0f} s left" if part > 0.01 else ""


def wait_until_quick(shards: Iterable[str], limit_ms: float, told: Callable[[str], None]) -> None:
    """Wait until each server commits within a limit (median of five); `told` hears of the wait."""
    for shard in shards:
        while (took := commit_ms(shard)) > limit_ms:
            told(f"{shard} takes {took:,.0f} ms for a commit: this waits until it is quicker")
            time.sleep(PAUSE_SECONDS)


def commit_ms(shard: str) -> float:
    """Return the median of some commits on a server, in milliseconds."""
    found = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        with connections[shard].cursor() as cursor:
            # A transaction with a number of its own is written to disk.
            cursor.execute("SELECT pg_current_xact_id()")
        found.append(1000 * (time.perf_counter() - begun))
    return statistics.median(found)
