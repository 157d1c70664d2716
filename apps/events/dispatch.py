"""Dispatch: events wait in the outbox until every subscriber is done with them.

The broker may forget what it was given, and a process may be killed at any line: an event that
is not finished after a while is handed on again. So delivery is at least once.
"""

import logging
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from celery import current_app
from django.db import connections, transaction
from django.utils import timezone
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from kombu.pools import producers

from apps.events import announcements, registry
from apps.events.announcements import Announced
from apps.events.delivery import deliver
from apps.events.errands import Errand
from apps.events.models import Delivery
from apps.events.registry import Event
from apps.indexing.hot import hot
from apps.sharding import guards

log = logging.getLogger(__name__)

BATCH = 500
# So many keys are delivered together: enough to be worth the cost, few enough to share.
KEYS = 100
AT_ONCE = {"max_retries": 0, "interval_start": 0}
# Longer than a subscriber takes, shorter than people wait: after this, hand it on again.
PATIENCE = timedelta(seconds=15)

# Nobody waits for the disk: what a crash takes back of this is claimed again.
CLAIM = f"""
UPDATE events_event SET handed_at = %(now)s WHERE id IN (
    SELECT id FROM events_event
    WHERE finished_at IS NULL AND (handed_at IS NULL OR handed_at < %(stale)s)
        AND {guards.STAYS.format(key="id")}
    ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
) RETURNING id, key, topic, payload, request_id, set_config('synchronous_commit', 'off', true)
"""
# What waits for a subscriber whose plugin was switched off meanwhile is to be settled too.
LEFT = """
SELECT event_id, subscriber, key FROM events_delivery
WHERE state = 'waiting' AND subscriber = ANY(%s) AND event_id = ANY(%s)
"""
FINISH = "UPDATE events_event SET finished_at = clock_timestamp() WHERE id = ANY(%s)"


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


def work(shard: str) -> int:
    """Deliver what waits on a shard; returns the number of deliveries.

    What would hold the rest up is given to other workers: subscribers that say they are slow, and
    what is too much for one. Plugins come after the core, apart from it: what waits for one of
    them may wait for another, the core does not.
    """
    from apps.events import tasks

    errands = claim(shard)
    begun: set[str] = set()
    core, plugins = [], []
    for errand in errands:
        subscriber = registry.subscriber_named(errand.subscriber)
        if errand.subscriber in begun or subscriber.slow:
            send(tasks.deliver, tuple(errand))
        elif subscriber.plugin is None:
            core.append(errand)
        else:
            plugins.append(errand)
        begun.add(errand.subscriber)
    return tasks.deliver_now(core) + tasks.deliver_now(plugins)


def claim(shard: str) -> list[Errand]:
    """Mark up to BATCH waiting events as handed on; returns what is to be done for them."""
    now = timezone.now()
    with transaction.atomic(using=shard), connections[shard].cursor() as cursor:
        rows = {row[0]: row[1:5] for row in sorted(_claimed(shard, now))}
        events = {event_id: _restored(*row[1:3]) for event_id, row in rows.items()}
        wanted = [
            Delivery(event_id=event_id, subscriber=subscriber, key=key, next_at=now)
            for event_id, (key, topic, *_) in rows.items()
            for subscriber in _who_wants(topic, events[event_id])
        ]
        Delivery.objects.using(shard).bulk_create(wanted, ignore_conflicts=True)
        wanted += _left(cursor, list(rows))
        idle = rows.keys() - {delivery.event_id for delivery in wanted}
        if idle:
            cursor.execute(FINISH, [sorted(idle)])
    told = [Announced(pk, e, rows[pk][3]) for pk, e in events.items() if e and pk in idle]
    announcements.announce(shard, None, told, idle)
    return _errands(shard, wanted)


@hot(
    "events.claim",
    lambda shard: (shard, timezone.now()),
    most=3 * BATCH,
    why="what waits is found, locked and marked, in batches of 500",
)
def _claimed(shard: str, now: datetime) -> list[Any]:
    values: dict[str, Any] = {"now": now, "stale": now - PATIENCE, "batch": BATCH}
    with connections[shard].cursor() as cursor:
        cursor.execute(CLAIM, values)
        return list(cursor.fetchall())


def drain(shard: str) -> int:
    """Deliver all that waits on a shard here and now; returns the number of deliveries."""
    count = 0
    while errands := claim(shard):
        count += deliver(errands).tried
    return count


def _restored(topic: str, payload: str) -> Event | None:
    """Return an event, or None where no code here can read it: then its subscribers fail."""
    try:
        return registry.restore(topic, payload)
    except (KeyError, TypeError, ValueError):
        return None


def _who_wants(topic: str, event: Event | None) -> list[str]:
    subscribers = registry.subscribers_of(topic)
    return [s.name for s in subscribers if event is None or s.when(event)]


def _left(cursor: Any, event_ids: list[int]) -> list[Delivery]:
    if not (silent := registry.silent()):
        return []
    cursor.execute(LEFT, [silent, event_ids])
    return [Delivery(event_id=pk, subscriber=name, key=key) for pk, name, key in cursor.fetchall()]


def _errands(shard: str, deliveries: list[Delivery]) -> list[Errand]:
    keys: dict[str, dict[int, None]] = {}
    first = announcements.awaited()
    for delivery in sorted(deliveries, key=lambda d: d.subscriber not in first):
        keys.setdefault(delivery.subscriber, {})[delivery.key] = None
    return [
        Errand(shard, subscriber, tuple(islice(found, start, start + KEYS)))
        for subscriber, found in keys.items()
        for start in range(0, len(found), KEYS)
    ]
