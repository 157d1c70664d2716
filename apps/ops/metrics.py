"""`/metrics`: the numbers of all units in Prometheus' text format, by one question to any of them.

For staff, and for who sends the token of `ROOKERY_METRICS_TOKEN` as `Authorization: Bearer …`.
"""

import hmac
from collections.abc import Iterator

import redis
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from apps.events import stats
from apps.grid import metrics, units


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
    """What Prometheus is told: of each unit, and of the outboxes."""

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
        yield from _of_outboxes()

    def _of_units(self) -> Iterator[Metric]:
        for name, about in (("cpu", "Percent of a core."), ("in_flight", "Work in flight.")):
            metric = Metric(f"rookery_unit_{name}", about, "gauge")
            for unit in self.units:
                metric.add_sample(metric.name, _names(unit), getattr(unit, name))
            yield metric


def _names(unit: units.Unit) -> dict[str, str]:
    return {"unit": unit.name, "role": unit.role}


def _of_outboxes() -> Iterator[Metric]:
    waiting = Metric("rookery_events_unfinished", "Events that wait in an outbox.", "gauge")
    oldest = Metric("rookery_events_oldest_seconds", "Age of the oldest of them.", "gauge")
    dead = Metric("rookery_events_dead", "Deliveries that have failed for good.", "gauge")
    for found in stats.of_shards(timezone.now()):
        labels = {"shard": found.shard}
        seconds = found.oldest.total_seconds() if found.oldest else 0.0
        waiting.add_sample(waiting.name, labels, found.unfinished)
        oldest.add_sample(oldest.name, labels, seconds)
        dead.add_sample(dead.name, labels, found.dead)
    yield from (waiting, oldest, dead)
