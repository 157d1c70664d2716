"""Dispatch: events wait in the outbox until every subscriber is done with them.

The broker may forget what it was given, and a process may be killed at any line: an event that
is not finished after a while is handed on again. So delivery is at least once.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.events import registry
from apps.events.delivery import Errand, deliver
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
) RETURNING id, topic, key
"""


def wake(shard: str) -> None:
    """Ask a worker to hand on what waits on a shard; the sweep does so where the broker is away."""
    from apps.events import tasks

    send(tasks.dispatch, (shard,))


def send(task: object, args: tuple[object, ...], **options: object) -> bool:
    """Give a task to the broker; tells whether it took it. What it did not take, the sweep does."""
    try:
        task.apply_async(args, retry=False, **options)  # type: ignore[attr-defined]
    except (OperationalError, OSError) as error:
        log.warning("The broker is away (%s); events wait in the outbox.", error)
        return False
    return True


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
