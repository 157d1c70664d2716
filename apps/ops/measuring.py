"""What each process measures of itself, for `/metrics`."""

import logging
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse

from apps.caching import stats
from apps.grid import metrics, tracking
from apps.grid.metrics import Sample
from apps.replication import servers
from apps.sharding.conf import conf
from apps.throttling import limits

# Upper bounds in seconds: the promise is 300 ms.
BOUNDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


@dataclass
class Durations:
    """How long requests took: how many in each range, the last one without bound, and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


# What takes longer is written down wherever logs go.
SLOW_SECONDS = 1.0
# The parts of addresses, as routes name them, that are keys: from mails, for appeals.
KEYS = {"key", "token"}
requests = logging.getLogger("apps.requests")

_lock = threading.Lock()
_harvest: Counter[str] = Counter()
_statements: Counter[str] = Counter()
_requests: defaultdict[tuple[str, str], Durations] = defaultdict(Durations)


class Measured:
    """Measures every request, by the name of its view and the class of its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        begun = time.perf_counter()
        response = self.get_response(request)
        seconds, found = time.perf_counter() - begun, request.resolver_match
        view = found.view_name if found else ""
        note(view, response.status_code, seconds)
        harvest(response.headers.get("Harvest", ""))
        _write_down(request, view, response.status_code, seconds)
        return response


def note(view: str, status: int, seconds: float) -> None:
    """Count one request."""
    with _lock:
        durations = _requests[view, f"{status // 100}xx"]
        durations.counts[bisect_left(BOUNDS, seconds)] += 1
        durations.seconds += seconds


def harvest(header: str) -> None:
    """Count the servers that an answer was put together from, of those that it needed: `3/4`."""
    had, _, needed = header.partition("/")
    if had.isdecimal() and needed.isdecimal():
        with _lock:
            _harvest.update(had=int(had), needed=int(needed))


def _write_down(request: HttpRequest, view: str, status: int, seconds: float) -> None:
    """Log a request: without its query, in which people write what is nobody's business."""
    is_bad = status >= 500 or seconds > SLOW_SECONDS
    fields = {
        "method": request.method,
        "path": _path(request),
        "view": view,
        "status": status,
        "milliseconds": round(1000 * seconds, 1),
    }
    text = "%(method)s %(path)s %(status)s in %(milliseconds)s ms"
    requests.log(logging.WARNING if is_bad else logging.INFO, text, fields, extra=fields)


def _path(request: HttpRequest) -> str:
    """Return an address without what opens something to whoever has it."""
    path, match = request.path, request.resolver_match
    given = match.kwargs if match else {}
    for name in KEYS & given.keys():
        path = path.replace(str(given[name]), "…")
    return path


def watch(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    """Count what is sent over a connection from now on."""
    if count not in connection.execute_wrappers:
        connection.execute_wrappers.append(count)


def count(execute: Callable[..., Any], *args: Any) -> Any:
    """Send a statement, and count it for its server; the last argument is Django's context."""
    with _lock:
        _statements[args[-1]["connection"].alias] += 1
    return execute(*args)


def begin() -> None:
    """Declare what is measured."""
    metrics.family(
        "rookery_request_seconds", "histogram", "Requests by view and status.", _of_requests
    )
    metrics.family(
        "rookery_cached_queries", "counter", "Asks of cached queries by outcome.", _of_queries
    )
    metrics.family("rookery_statements", "counter", "Statements sent.", _of_statements)
    metrics.family("rookery_reads", "counter", "Reads by the server that answered.", _of_reads)
    metrics.family(
        "rookery_replica_behind_seconds", "gauge", "How far a replica is behind.", _of_replicas
    )
    metrics.family(
        "rookery_replica_left_out", "gauge", "1 while a replica is left out.", _of_breakers
    )
    metrics.family(
        "rookery_replica_failures", "counter", "Times a replica was left out.", _of_failures
    )
    metrics.family(
        "rookery_primary_away", "gauge", "1 while this process finds no primary.", _of_primaries
    )
    metrics.family("rookery_limits", "counter", "What limits let or refused.", _of_limits)
    metrics.family(
        "rookery_harvest", "counter", "Servers that answers needed, and had.", _of_harvest
    )
    metrics.family("rookery_near_cache_bytes", "gauge", "Bytes of the near cache.", _of_memory)
    metrics.family("rookery_near_cache_reads", "counter", "Reads of it by outcome.", _of_near)


def _of_requests() -> Iterator[Sample]:
    with _lock:
        found = {key: (list(each.counts), each.seconds) for key, each in _requests.items()}
    for (view, status), (counts, seconds) in found.items():
        labels, total = {"view": view, "status": status}, 0
        for bound, count in zip([*map(str, BOUNDS), "+Inf"], counts, strict=True):
            total += count
            yield Sample(labels | {"le": bound}, total, "_bucket")
        yield Sample(labels, total, "_count")
        yield Sample(labels, seconds, "_sum")


def _of_queries() -> Iterator[Sample]:
    for query, counts in stats.of_process().items():
        for outcome, count in counts.items():
            yield Sample({"query": query, "outcome": outcome}, count, "_total")


def _of_reads() -> Iterator[Sample]:
    for alias, count in servers.reads().items():
        yield Sample({"server": alias}, count, "_total")


def _of_replicas() -> Iterator[Sample]:
    for report in servers.reports():
        yield Sample({"server": report.alias}, report.behind_seconds)


def _of_breakers() -> Iterator[Sample]:
    for report in servers.reports():
        yield Sample({"server": report.alias}, report.state != "answering")


def _of_primaries() -> Iterator[Sample]:
    for alias in conf().primaries:
        yield Sample({"server": alias}, servers.of(alias).is_away)


def _of_failures() -> Iterator[Sample]:
    for report in servers.reports():
        yield Sample({"server": report.alias}, report.failures, "_total")


def _of_memory() -> Iterator[Sample]:
    yield Sample({}, sum(stream.near.bytes for stream in tracking.streams()))


def _of_near() -> Iterator[Sample]:
    near = [stream.near for stream in tracking.streams()]
    yield Sample({"outcome": "hit"}, sum(one.hits for one in near), "_total")
    yield Sample({"outcome": "miss"}, sum(one.misses for one in near), "_total")


def _of_statements() -> Iterator[Sample]:
    with _lock:
        found = dict(_statements)
    for alias, number in found.items():
        yield Sample({"server": alias}, number, "_total")


def _of_limits() -> Iterator[Sample]:
    for (limit, outcome), count in limits.outcomes().items():
        yield Sample({"limit": limit, "outcome": outcome}, count, "_total")


def _of_harvest() -> Iterator[Sample]:
    with _lock:
        found = dict(_harvest)
    for servers_that, count in found.items():
        yield Sample({"servers": servers_that}, count, "_total")
