"""What each endpoint costs by itself: its time at a low fixed rate, CPU, queries, bytes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.loadtest import percentiles
from apps.loadtest.asks import Ask

# The first requests fill caches and open connections: they are no measure of the later ones.
WARM = 20


# CPU seconds and queries, None where they cannot be counted.
Spent = tuple[float | None, float | None]


@dataclass(frozen=True)
class Measured:
    """What an endpoint costs: milliseconds, and queries and bytes of one request."""

    name: str
    p50: float
    p99: float
    p999: float
    cpu_ms: float | None
    queries: float | None
    page_bytes: float
    sent_bytes: float


@dataclass(frozen=True)
class Meters:
    """Reads what has been spent so far; both are None where the servers cannot be looked at."""

    cpu_seconds: Callable[[], float] | None = None
    queries: Callable[[], int] | None = None


def idle(meters: Meters, seconds: float) -> Spent:
    """Return what a second costs in which nobody asks."""
    before = _read(meters)
    time.sleep(seconds)
    return _each(before, _read(meters), seconds)


def measure(
    url: str, ask: Ask, *, count: int, rate: float, meters: Meters, idle: Spent
) -> Measured:
    """Ask `count` times at a fixed rate, each when it is due; return what it cost."""
    with ask.asking(url) as answer:
        for number in range(WARM):
            answer(number)
        before, start = _read(meters), time.perf_counter()
        times, whole, sent = [], 0, 0
        for number in range(count):
            due = start + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            page, body = answer(number)
            times.append(time.perf_counter() - due)
            whole, sent = whole + len(page), sent + len(body)
        seconds = time.perf_counter() - start
        cpu, queries = _each(before, _read(meters), count)
    return Measured(
        ask.name,
        **percentiles.in_ms(sorted(times)),
        cpu_ms=None if cpu is None else max(0.0, 1000 * (cpu - (idle[0] or 0) * seconds / count)),
        queries=None if queries is None else max(0.0, queries - (idle[1] or 0) * seconds / count),
        page_bytes=whole / count,
        sent_bytes=sent / count,
    )


def _each(before: list[Any], after: list[Any], by: float) -> Spent:
    cpu, queries = (None if a is None else (b - a) / by for a, b in zip(before, after, strict=True))
    return cpu, queries


def _read(meters: Meters) -> list[Any]:
    return [meter() if meter else None for meter in (meters.cpu_seconds, meters.queries)]
