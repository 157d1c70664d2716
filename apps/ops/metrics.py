"""`/metrics`: the numbers of all units in Prometheus' text format, by one question to any of them.

For staff, and for who sends the token of `ROOKERY_METRICS_TOKEN` as `Authorization: Bearer …`.
"""

import hmac
from collections.abc import Callable, Iterator

import redis
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from apps.grid import metrics, units
from apps.ops import lag, sampling
from apps.ops.sampling import series
from apps.ops.snapshots import Server, Snapshot
from apps.plugins import stats as plugins

# Of each server what its reader gives; None: it is not known.
SERVERS: tuple[tuple[str, str, Callable[[Server], float | None]], ...] = (
    ("rookery_server_up", "1 while a server answers.", lambda s: not s.error),
    ("rookery_server_milliseconds", "What its answer took.", lambda s: s.milliseconds or None),
    ("rookery_server_sessions", "Open sessions.", lambda s: None if s.error else s.sessions),
    ("rookery_server_position_bytes", "How far it is in the WAL.", lambda s: s.lsn),
)
OUTBOXES = (
    ("rookery_events_unfinished", "Events that wait in an outbox.", "unfinished"),
    ("rookery_events_oldest_seconds", "Age of the oldest of them.", "oldest_seconds"),
    ("rookery_events_dead", "Deliveries that have failed for good.", "dead"),
)


@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Print the numbers; 503 where the units' list does not answer."""
    if not _is_allowed(request):
        raise PermissionDenied("Sign in as staff, or send the token of ROOKERY_METRICS_TOKEN.")
    try:
        found = units.listed()
    except redis.RedisError:
        message = "The server that units meet at does not answer.\n"
        return HttpResponse(message, status=503, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(Collector(found))  # type: ignore[arg-type]  # any object with collect()
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_allowed(request: HttpRequest) -> bool:
    token, given = settings.METRICS_TOKEN, request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    return request.user.is_authenticated and request.user.is_staff


class Collector:
    """What Prometheus is told: of each unit, of all servers, and what plugins tell."""

    def __init__(self, found: list[units.Unit]) -> None:
        self.units = found

    def collect(self) -> Iterator[Metric]:
        """Yield each family with the samples of all units."""
        for family in metrics.families():
            metric = Metric(family.name, family.about, family.kind)
            for unit in self.units:
                for labels, value, suffix in unit.samples.get(family.name, ()):
                    metric.add_sample(family.name + suffix, labels | _names(unit), value)
            yield metric
        yield from self._of_units()
        yield from _of_topology()
        yield from _of_plugins()

    def _of_units(self) -> Iterator[Metric]:
        for name, about in (("cpu", "Percent of a core."), ("in_flight", "Work in flight.")):
            metric = Metric(f"rookery_unit_{name}", about, "gauge")
            for unit in self.units:
                metric.add_sample(metric.name, _names(unit), getattr(unit, name))
            yield metric


def _names(unit: units.Unit) -> dict[str, str]:
    return {"unit": unit.name, "role": unit.role}


def _of_topology() -> Iterator[Metric]:
    """What the latest snapshot says: no scrape asks a server, so none hangs with one."""
    snapshot = sampling.current()
    yield from _of_servers(snapshot)
    yield _of_lag(snapshot)
    yield from _of_outboxes(snapshot)
    yield from _single("rookery_queue_length", "Tasks that wait in the broker.", snapshot.queue)
    yield from _single("rookery_grid_bytes", "Bytes the grid's server uses.", snapshot.memory)


def _of_servers(snapshot: Snapshot) -> Iterator[Metric]:
    for name, about, read in SERVERS:
        metric = Metric(name, about, "gauge")
        for server in snapshot.servers:
            if (value := read(server)) is not None:
                metric.add_sample(name, {"server": server.alias, "group": server.group}, value)
        yield metric


def _of_lag(snapshot: Snapshot) -> Metric:
    metric, points = Metric("rookery_replica_lag_seconds", "How far behind.", "gauge"), series()
    for server in snapshot.servers:
        track = [] if server.is_primary else lag.behind(points, server.group, server.alias)
        if track and (seconds := track[-1][1]) is not None:
            metric.add_sample(metric.name, {"server": server.alias}, seconds)
    return metric


def _of_outboxes(snapshot: Snapshot) -> Iterator[Metric]:
    for name, about, field in OUTBOXES:
        metric = Metric(name, about, "gauge")
        for outbox in snapshot.outboxes:
            if outbox.known:
                metric.add_sample(name, {"shard": outbox.shard}, getattr(outbox, field))
        yield metric


def _single(name: str, about: str, value: float | None) -> Iterator[Metric]:
    metric = Metric(name, about, "gauge")
    if value is not None:
        metric.add_sample(name, {}, value)
    yield metric


def _of_plugins() -> Iterator[Metric]:
    """What plugins tell this unit, and which of them are on."""
    found: dict[str, Metric] = {}
    for name, about, value, labels in plugins.metrics():
        metric = found.setdefault(name, Metric(name, about, "gauge"))
        metric.add_sample(name, dict(labels), value)
    yield from found.values()
