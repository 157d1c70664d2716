"""Delivery: what waits for one subscriber, key by key in commit order, many keys at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connections, transaction
from django.utils import timezone

from apps.events import announcements, failures, registry
from apps.events.errands import Errand, Waiting
from apps.events.models import Delivery
from apps.plugins.errors import PluginFailed
from apps.sharding import guards, shards
from apps.tracing import trace

# So many events are handed over at once, and are handed over again if the process dies meanwhile.
BATCH = 200

LOCK = """
SELECT key FROM unnest(%s::bigint[]) AS key WHERE pg_try_advisory_lock(hashtext(%s), hashint8(key))
"""
UNLOCK = "SELECT pg_advisory_unlock(hashtext(%s), hashint8(key)) FROM unnest(%s::bigint[]) AS key"
NEXT = """
SELECT d.event_id, d.key, d.attempts, e.topic, e.payload, e.request_id
FROM events_delivery d JOIN events_event e ON e.id = d.event_id
WHERE d.state = 'waiting' AND d.subscriber = %(subscriber)s AND d.key = ANY(%(keys)s)
    AND d.next_at <= %(now)s AND {stays} {first}
ORDER BY d.event_id LIMIT %(batch)s
"""
# Of a bucket that leaves, the server that it goes to delivers.
STAYS = guards.STAYS.format(key="d.event_id")
# To an ordered subscriber an event that is not due yet stands in the way of those behind it.
FIRST = """AND NOT EXISTS (
    SELECT 1 FROM events_delivery b WHERE b.state = 'waiting' AND b.subscriber = d.subscriber
        AND b.key = d.key AND b.event_id < d.event_id AND b.next_at > %(now)s
)"""
# The rows' locks make two last deliveries of an event wait for each other, so one sees both. Nobody
# waits for the disk: what a crash takes back here is delivered again.
HOLD = """
SELECT set_config('synchronous_commit', 'off', true)
FROM (SELECT id FROM events_event WHERE id = ANY(%s) ORDER BY id FOR UPDATE) AS held
"""
SETTLE = """
UPDATE events_delivery SET state = %s WHERE subscriber = %s AND event_id = ANY(%s)
"""
FINISH = """
UPDATE events_event e SET finished_at = clock_timestamp()
WHERE e.id = ANY(%s) AND NOT EXISTS (
    SELECT 1 FROM events_delivery d WHERE d.event_id = e.id AND d.state = 'waiting'
) RETURNING e.id
"""


class Done(NamedTuple):
    """How many deliveries were tried, and how many of those are to be tried again."""

    tried: int
    failed: int


def deliver(errand: Errand) -> Done:
    """Hand the subscriber what waits for it under the keys.

    One process at a time does this for a subscriber and key. Another one that finds it under way
    leaves it: who has it looks once more after it has let go.
    """
    tried = failed = 0
    while errand.keys:
        with _alone(errand) as mine:
            more = True
            while more and (waiting := _next(mine)):
                failed += _attempt(mine, waiting)
                tried += len(waiting)
                more = len(waiting) == BATCH
        due = {item.key for item in _next(mine)}
        errand = mine._replace(keys=tuple(sorted(due)))
    return Done(tried, failed)


def wait_of(errand: Errand) -> float | None:
    """Return the seconds until a failed delivery of this errand is due, None where none waits.

    At least one: what is due now, another process has under way.
    """
    rows = Delivery.objects.using(errand.shard).filter(
        state=Delivery.State.WAITING, subscriber=errand.subscriber, key__in=errand.keys
    )
    failed = rows.filter(attempts__gt=0).order_by("next_at")
    due: datetime | None = failed.values_list("next_at", flat=True).first()
    return max(1.0, (due - timezone.now()).total_seconds()) if due else None


def _next(errand: Errand) -> list[Waiting]:
    """Return what is to be delivered now, in the order of the ids."""
    if not errand.keys:
        return []
    ordered = registry.subscriber_named(errand.subscriber).ordered
    values: dict[str, Any] = {"subscriber": errand.subscriber, "keys": list(errand.keys)}
    values |= {"now": timezone.now(), "batch": BATCH}
    with connections[errand.shard].cursor() as cursor:
        cursor.execute(NEXT.format(first=FIRST if ordered else "", stays=STAYS), values)
        return [_waiting(*row) for row in cursor.fetchall()]


def _waiting(
    event_id: int, key: int, attempts: int, topic: str, payload: str, request_id: str
) -> Waiting:
    try:
        event, error = registry.restore(topic, payload), None
    except Exception as unreadable:
        event, error = None, unreadable
    return Waiting(event_id, key, attempts, topic, event, error, request_id)


def _attempt(errand: Errand, waiting: list[Waiting]) -> int:
    """Hand all over at once, or one by one, so that only what is bad fails; returns how many."""
    subscriber = registry.subscriber_named(errand.subscriber)
    if not subscriber.is_on:
        # Its plugin was switched off meanwhile: nobody is to wait for it.
        _settle(errand, waiting)
        return 0
    if subscriber.batch and len(waiting) > 1 and _handle(subscriber, waiting) is None:
        _settle(errand, waiting)
        return 0
    done, dead, stopped, failed = [], [], set(), 0
    for item in waiting:
        if item.key in stopped:
            continue
        error = _handle(subscriber, [item])
        if error is None:
            done.append(item)
        elif failures.note(errand, item, error):
            dead.append(item)
        else:
            failed += 1
            stopped |= {item.key} if subscriber.ordered else set()
    _settle(errand, done)
    _settle(errand, dead, Delivery.State.DEAD)
    return failed


def _handle(subscriber: registry.Subscriber, waiting: list[Waiting]) -> Exception | None:
    """Call the subscriber, in the name of the requests; returns what it raised."""
    try:
        for item in waiting:
            if item.error is not None:
                return item.error
        with trace.scope(trace.together(item.request_id for item in waiting)):
            pairs = [(item.event, item.event_id) for item in waiting]
            shards.in_one_map(lambda: subscriber.handle(pairs))
    except PluginFailed as failed:
        return failed.error if isinstance(failed.error, Exception) else failed
    except Exception as error:
        return error
    return None


def _settle(errand: Errand, items: Sequence[Waiting], state: str = Delivery.State.DONE) -> None:
    """Record what became of deliveries, finish the events of which they were the last, tell."""
    if not items:
        return
    ids = [item.event_id for item in items]
    with transaction.atomic(using=errand.shard), connections[errand.shard].cursor() as cursor:
        cursor.execute(HOLD, [ids])
        cursor.execute(SETTLE, [state, errand.subscriber, ids])
        cursor.execute(FINISH, [ids])
        finished = {event_id for (event_id,) in cursor.fetchall()}
    told = [
        announcements.Announced(item.event_id, item.event, item.request_id)
        for item in items
        if item.event
    ]
    done = errand.subscriber if state == Delivery.State.DONE else None
    announcements.announce(errand.shard, done, told, finished)


@contextmanager
def _alone(errand: Errand) -> Iterator[Errand]:
    """Hold the right to deliver under those keys that nobody else delivers under now.

    The right ends with the connection, however that ends.
    """
    with connections[errand.shard].cursor() as cursor:
        cursor.execute(LOCK, [list(errand.keys), errand.subscriber])
        mine = tuple(key for (key,) in cursor.fetchall())
    try:
        yield errand._replace(keys=mine)
    finally:
        if mine:
            with connections[errand.shard].cursor() as cursor:
                cursor.execute(UNLOCK, [errand.subscriber, list(mine)])
