"""Delivery: what waits for subscribers, key by key in commit order, many of them at once."""

from collections.abc import Iterable, Iterator, Sequence
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
SELECT place, key FROM unnest(%s::text[], %s::bigint[], %s::int[]) AS wanted(subscriber, key, place)
WHERE pg_try_advisory_lock(hashtext(subscriber), hashint8(key))
"""
UNLOCK = """
SELECT pg_advisory_unlock(hashtext(subscriber), hashint8(key))
FROM unnest(%s::text[], %s::bigint[]) AS held(subscriber, key)
"""
# To an ordered subscriber an event that is not due yet stands in the way of those behind it. Of a
# bucket that leaves, the server that it goes to delivers.
NEXT = f"""
SELECT mine.place - 1, found.*
FROM unnest(%(subscribers)s::text[], %(keys)s::text[], %(ordered)s::boolean[])
    WITH ORDINALITY AS mine(subscriber, keys, ordered, place)
CROSS JOIN LATERAL (
    SELECT d.event_id, d.key, d.attempts, e.topic, e.payload, e.request_id
    FROM events_delivery d JOIN events_event e ON e.id = d.event_id
    WHERE d.state = 'waiting' AND d.subscriber = mine.subscriber
        AND d.key = ANY(mine.keys::bigint[]) AND d.next_at <= %(now)s
        AND {guards.STAYS.format(key="d.event_id")}
        AND NOT (mine.ordered AND EXISTS (
            SELECT 1 FROM events_delivery b WHERE b.state = 'waiting'
                AND b.subscriber = d.subscriber AND b.key = d.key
                AND b.event_id < d.event_id AND b.next_at > %(now)s
        ))
    ORDER BY d.event_id LIMIT %(batch)s
) AS found
ORDER BY mine.place, found.event_id
"""
# The rows' locks make two last deliveries of an event wait for each other, so one sees both. Nobody
# waits for the disk: what a crash takes back here is delivered again.
HOLD = """
SELECT set_config('synchronous_commit', 'off', true)
FROM (SELECT id FROM events_event WHERE id = ANY(%s) ORDER BY id FOR UPDATE) AS held
"""
SETTLE = """
UPDATE events_delivery d SET state = settled.state
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS settled(event_id, subscriber, state)
WHERE d.event_id = ANY(%s)
    AND d.event_id = settled.event_id AND d.subscriber = settled.subscriber
"""
FINISH = """
UPDATE events_event e SET finished_at = clock_timestamp()
WHERE e.id = ANY(%s) AND NOT EXISTS (
    SELECT 1 FROM events_delivery d WHERE d.event_id = e.id AND d.state = 'waiting'
) RETURNING e.id
"""


class Done(NamedTuple):
    """How many deliveries were tried, and the errands of which some are to be tried again."""

    tried: int
    failed: set[Errand]


class Settled(NamedTuple):
    """What became of a delivery."""

    item: Waiting
    subscriber: str
    state: str = Delivery.State.DONE


def deliver(errands: Sequence[Errand]) -> Done:
    """Hand subscribers what waits for them under their keys; all errands are of one shard.

    One process at a time does this for a subscriber and key. Another one that finds it under way
    leaves it: who has it looks once more after it has let go. A delivery costs a call of its
    subscriber; what it takes to find, lock and settle deliveries is paid once for all errands.
    """
    tried, failed = 0, set[Errand]()
    while errands:
        with _alone(errands) as mine:
            more = True
            while more and (found := _next(mine)):
                failed |= _attempt_all(found)
                tried += sum(map(len, found.values()))
                more = any(len(waiting) == BATCH for waiting in found.values())
        errands = [
            errand._replace(keys=tuple(sorted({item.key for item in waiting})))
            for errand, waiting in _next(mine).items()
        ]
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


def _next(errands: Sequence[Errand]) -> dict[Errand, list[Waiting]]:
    """Return what is to be delivered now for each errand that has some, in the order of the ids."""
    if not errands:
        return {}
    values: dict[str, Any] = {
        "subscribers": [errand.subscriber for errand in errands],
        "keys": ["{" + ",".join(map(str, errand.keys)) + "}" for errand in errands],
        "ordered": [registry.subscriber_named(errand.subscriber).ordered for errand in errands],
        "now": timezone.now(),
        "batch": BATCH,
    }
    found: dict[Errand, list[Waiting]] = {}
    with connections[errands[0].shard].cursor() as cursor:
        cursor.execute(NEXT, values)
        for place, *row in cursor.fetchall():
            found.setdefault(errands[place], []).append(_waiting(*row))
    return found


def _waiting(
    event_id: int, key: int, attempts: int, topic: str, payload: str, request_id: str
) -> Waiting:
    try:
        event, error = registry.restore(topic, payload), None
    except Exception as unreadable:
        event, error = None, unreadable
    return Waiting(event_id, key, attempts, topic, event, error, request_id)


def _attempt_all(found: dict[Errand, list[Waiting]]) -> set[Errand]:
    """Hand all over, then record what became of it; returns the errands of which some failed."""
    failed: set[Errand] = set()
    settled: list[Settled] = []
    try:
        for errand, waiting in found.items():
            ended = _attempt(errand, waiting)
            settled += ended
            if len(ended) < len(waiting):
                failed.add(errand)
    finally:
        _settle(next(iter(found)).shard, settled)
    return failed


def _attempt(errand: Errand, waiting: list[Waiting]) -> list[Settled]:
    """Hand all over at once, or one by one, so that only what is bad fails; returns what ended.

    What this subscriber has made readable is told at once, before it is settled.
    """
    subscriber = registry.subscriber_named(errand.subscriber)
    done, dead = waiting, list[Waiting]()
    # Where its plugin was switched off meanwhile, nobody is to wait for it.
    if subscriber.is_on and not _handle_all(subscriber, waiting):
        done, dead = _one_by_one(errand, subscriber, waiting)
    announcements.announce(errand.shard, errand.subscriber, _told(done), set())
    return [Settled(item, errand.subscriber) for item in done] + [
        Settled(item, errand.subscriber, Delivery.State.DEAD) for item in dead
    ]


def _handle_all(subscriber: registry.Subscriber, waiting: list[Waiting]) -> bool:
    """Hand many over in one call, where the subscriber takes them so; tells whether it took all."""
    return subscriber.batch and len(waiting) > 1 and _handle(subscriber, waiting) is None


def _one_by_one(
    errand: Errand, subscriber: registry.Subscriber, waiting: list[Waiting]
) -> tuple[list[Waiting], list[Waiting]]:
    """Hand over each alone; returns what is done and what is dead. The rest is tried again."""
    done, dead, stopped = [], [], set()
    for item in waiting:
        if item.key in stopped:
            continue
        error = _handle(subscriber, [item])
        if error is None:
            done.append(item)
        elif failures.note(errand, item, error):
            dead.append(item)
        elif subscriber.ordered:
            stopped.add(item.key)
    return done, dead


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


def _settle(shard: str, settled: Sequence[Settled]) -> None:
    """Record what became of deliveries, finish the events of which they were the last, tell."""
    if not settled:
        return
    ids = sorted({each.item.event_id for each in settled})
    rows = [(each.item.event_id, each.subscriber, each.state) for each in settled]
    with transaction.atomic(using=shard), connections[shard].cursor() as cursor:
        cursor.execute(HOLD, [ids])
        cursor.execute(SETTLE, [*_columns(rows), ids])
        cursor.execute(FINISH, [ids])
        finished = {event_id for (event_id,) in cursor.fetchall()}
    items = {each.item.event_id: each.item for each in settled}
    announcements.announce(shard, None, _told(items.values()), finished)


def _told(items: Iterable[Waiting]) -> list[announcements.Announced]:
    return [
        announcements.Announced(item.event_id, item.event, item.request_id)
        for item in items
        if item.event
    ]


@contextmanager
def _alone(errands: Sequence[Errand]) -> Iterator[list[Errand]]:
    """Hold the right to deliver what nobody else delivers now; gives the errands that are left.

    The right ends with the connection, however that ends.
    """
    wanted = [(e.subscriber, key, place) for place, e in enumerate(errands) for key in e.keys]
    mine: dict[int, list[int]] = {}
    with connections[errands[0].shard].cursor() as cursor:
        cursor.execute(LOCK, _columns(wanted))
        for place, key in cursor.fetchall():
            mine.setdefault(place, []).append(key)
    left = [errands[place]._replace(keys=tuple(keys)) for place, keys in sorted(mine.items())]
    try:
        yield left
    finally:
        if left:
            held = [(e.subscriber, key) for e in left for key in e.keys]
            with connections[errands[0].shard].cursor() as cursor:
                cursor.execute(UNLOCK, _columns(held))


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """Return rows as columns: an array each for `unnest`."""
    return [list(column) for column in zip(*rows, strict=True)]
