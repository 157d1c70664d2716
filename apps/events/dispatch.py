"""Dispatch: events wait in the outbox until every subscriber has recorded that it is done.

The broker may forget what it was given, and a process may be killed at any line: an event that
is not finished after a while is handed on again. So delivery is at least once.
"""

import logging
from datetime import timedelta
from typing import NamedTuple

from django.db import connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.events import registry
from apps.events.models import Delivery
from apps.events.models import Event as Row

log = logging.getLogger(__name__)

BATCH = 500
# Longer than a subscriber takes, shorter than people wait: after this, hand it on again.
PATIENCE = timedelta(seconds=15)

CLAIM = """
UPDATE events_event SET handed_at = %(now)s WHERE id IN (
    SELECT id FROM events_event
    WHERE finished_at IS NULL AND (handed_at IS NULL OR handed_at < %(stale)s)
    ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
) RETURNING id, topic
"""


class Errand(NamedTuple):
    """One event for one subscriber."""

    shard: str
    event_id: int
    subscriber: str


def wake(shard: str) -> None:
    """Ask a worker to hand on what waits on a shard; the sweep does so where the broker is away."""
    from apps.events import tasks

    try:
        tasks.dispatch.apply_async((shard,), retry=False)
    except (OperationalError, OSError) as error:
        log.warning("The broker is away (%s); events on %s wait in the outbox.", error, shard)


def claim(shard: str) -> list[Errand]:
    """Mark up to BATCH waiting events as handed on; returns what is to be delivered."""
    now = timezone.now()
    with connections[shard].cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "stale": now - PATIENCE, "batch": BATCH})
        rows = sorted(cursor.fetchall())
    idle = [event_id for event_id, topic in rows if not registry.subscribers_of(topic)]
    if idle:
        Row.objects.using(shard).filter(id__in=idle).update(finished_at=now)
    return [
        Errand(shard, event_id, subscriber.name)
        for event_id, topic in rows
        for subscriber in registry.subscribers_of(topic)
    ]


def deliver(errand: Errand) -> None:
    """Run one subscriber for one event, once more if it ran before, and record that it is done."""
    subscriber = registry.subscriber_named(errand.subscriber)
    row = Row.objects.using(errand.shard).filter(id=errand.event_id).first()
    deliveries = Delivery.objects.using(errand.shard).filter(event_id=errand.event_id)
    if row is None or deliveries.filter(subscriber=subscriber.name).exists():
        return
    subscriber.handle(registry.restore(row.topic, row.payload), row.pk)
    with transaction.atomic(using=errand.shard):
        # The row's lock makes two last deliveries wait for each other, so one sees both.
        Row.objects.using(errand.shard).select_for_update(of=("self",)).get(id=row.pk)
        Delivery.objects.using(errand.shard).bulk_create(
            [Delivery(event_id=row.pk, subscriber=subscriber.name)], ignore_conflicts=True
        )
        _finish(row, set(deliveries.values_list("subscriber", flat=True)), errand.shard)


def drain(shard: str) -> int:
    """Deliver all that waits on a shard here and now; returns the number of deliveries."""
    count = 0
    while errands := claim(shard):
        for errand in errands:
            deliver(errand)
        count += len(errands)
    return count


def _finish(row: Row, done: set[str], shard: str) -> None:
    if {subscriber.name for subscriber in registry.subscribers_of(row.topic)} <= done:
        Row.objects.using(shard).filter(id=row.pk).update(finished_at=timezone.now())
