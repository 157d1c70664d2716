"""The outbox: an event is stored by the transaction that makes it true; both or neither."""

from collections.abc import Sequence

from django.db import connections, transaction

from apps.events import dispatch
from apps.events.models import Event as Row
from apps.events.registry import Event
from apps.sharding import clock, shards
from apps.sharding.ids import bucket_of, compose
from apps.tracing import trace

# The first number keeps these locks apart from all others.
LOCK = "SELECT pg_advisory_xact_lock(1001, hashint8(%s))"


def record(event: Event) -> int:
    """Store an event in the open transaction of its key's owner; returns the event's id.

    It is handed on after the commit. Transactions that record for one key wait for one another,
    and the id is made under that lock: so the ids of a key's events are in the order of their
    commits, unless the event says that order does not matter. Raises NoTransaction outside of a
    transaction, and CrossShardTransaction where the transaction is another bucket's.
    """
    opened = shards.require("Recording an event")
    if event.in_order:
        with connections[opened.shard].cursor() as cursor:
            cursor.execute(LOCK, [event.key])
    event_id = shards.newest_id(event.key)
    _row(event_id, event).save(force_insert=True, using=opened.shard)
    transaction.on_commit(lambda: dispatch.wake(opened.shard), using=opened.shard)
    return event_id


def record_many(shard: str, events: Sequence[Event]) -> None:
    """Store events of many keys in an open transaction on their shard.

    For facts that one statement made true for many owners. Their order is not promised, so their
    class must have `in_order` off; raises TypeError otherwise.
    """
    if any(event.in_order for event in events):
        raise TypeError("events that come in order are recorded in their owner's transaction")
    ticks = clock.reserve(shard, len(events)) if events else ()
    rows = [
        _row(compose(tick, bucket_of(event.key)), event)
        for tick, event in zip(ticks, events, strict=True)
    ]
    Row.objects.using(shard).bulk_create(rows)
    transaction.on_commit(lambda: dispatch.wake(shard), using=shard)


def _row(event_id: int, event: Event) -> Row:
    return Row(
        id=event_id,
        key=event.key,
        topic=event.topic,
        payload=event.payload(),
        request_id=trace.current(),
    )
