"""Dispatch: events wait in the outbox until every subscriber is done with them.

The broker may forget what it was given, and a process may be killed at any line: an event that
is not finished after a while is handed on again. So delivery is at least once.
"""

import logging
from datetime import timedelta
from typing import Any

from celery import current_app
from django.db import connections, transaction
from django.utils import timezone
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from kombu.pools import producers

from apps.events import registry
from apps.events.delivery import Errand, deliver
from apps.events.models import Delivery
from apps.events.models import Event as Row

log = logging.getLogger(__name__)

BATCH = 500
AT_ONCE = {"max_retries": 0, "interval_start": 0}
# Longer than a subscriber takes, shorter than people wait: after this, hand it on again.
PATIENCE = timedelta(seconds=15)

CLAIM = """
UPDATE events_event SET handed_at = %(now)s WHERE id IN (
    SELECT id FROM events_event
    WHERE finished_at IS NULL AND (handed_at IS NULL OR handed_at < %(stale)s)
    ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
) RETURNING id, topic, key
"""


def wake(shard: str) -> None:
    """Ask a worker to hand on what waits on a shard; the sweep does so where the broker is away."""
    from apps.events import tasks

    send(tasks.dispatch, (shard,))


def send(task: Any, args: tuple[object, ...], **options: object) -> bool:
    """Give a task to the broker; tells whether it took it. What it did not take, the sweep does."""
    try:
        with producers[_impatient()].acquire(block=True, timeout=1) as producer:
            task.apply_async(args, producer=producer, retry=False, **options)
    except (OperationalError, OSError) as error:
        log.warning("The broker is away (%s); events wait in the outbox.", error)
        return False
    return True


def _impatient() -> Connection:
    """Return a connection that does not try again.

    A broker that is away costs a write milliseconds: its event waits in the outbox. A worker's own
    connection must try again, or the worker ends with its broker.
    """
    connection: Connection = current_app.connection_for_write()
    connection.transport_options = {**(connection.transport_options or {}), **AT_ONCE}
    return connection


def claim(shard: str) -> list[Errand]:
    """Mark up to BATCH waiting events as handed on; returns what is to be done for them."""
    now = timezone.now()
    values: dict[str, Any] = {"now": now, "stale": now - PATIENCE, "batch": BATCH}
    with transaction.atomic(using=shard):
        with connections[shard].cursor() as cursor:
            cursor.execute(CLAIM, values)
            rows = sorted(cursor.fetchall())
        deliveries = [
            Delivery(event_id=event_id, subscriber=subscriber.name, key=key, next_at=now)
            for event_id, topic, key in rows
            for subscriber in registry.subscribers_of(topic)
        ]
        Delivery.objects.using(shard).bulk_create(deliveries, ignore_conflicts=True)
        idle = [event_id for event_id, topic, _ in rows if not registry.subscribers_of(topic)]
        Row.objects.using(shard).filter(id__in=idle).update(finished_at=now)
    return list(dict.fromkeys(Errand(shard, d.subscriber, d.key) for d in deliveries))


def drain(shard: str) -> int:
    """Deliver all that waits on a shard here and now; returns the number of deliveries."""
    count = 0
    while errands := claim(shard):
        count += sum(deliver(errand) for errand in errands)
    return count
