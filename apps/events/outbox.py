"""The outbox: an event is stored by the transaction that makes it true; both or neither."""

from django.db import connections, transaction

from apps.events import dispatch
from apps.events.models import Event as Row
from apps.events.registry import Event
from apps.sharding import shards

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
    row = Row(id=event_id, key=event.key, topic=event.topic, payload=event.payload())
    row.save(force_insert=True, using=opened.shard)
    transaction.on_commit(lambda: dispatch.wake(opened.shard), using=opened.shard)
    return event_id
