"""Delivering once more: dead letters, or a stretch of the event log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from apps.events import dispatch, registry
from apps.events.models import DeadLetter, Delivery
from apps.events.models import Event as Row
from apps.sharding import guards, ids, shards
from apps.sharding.conf import conf

AGAIN = f"""
WITH chosen AS (
    UPDATE events_event SET finished_at = NULL, handed_at = NULL
    WHERE topic = %(topic)s AND id >= %(since)s AND {guards.OWN.format(key="id")} RETURNING id, key
)
INSERT INTO events_delivery (event_id, subscriber, key, state, attempts, next_at)
SELECT id, %(subscriber)s, key, 'waiting', 0, now() FROM chosen
ON CONFLICT (event_id, subscriber) DO UPDATE SET state = 'waiting', attempts = 0, next_at = now()
"""


def replay_letters(letters: Iterable[DeadLetter]) -> int:
    """Deliver dead letters once more, from their first attempt; returns how many.

    What a letter's event has changed before it failed is not changed twice: receipts see to it.
    """
    count = 0
    touched: set[str] = set()
    for letter in letters:
        with shards.atomic_for(letter.event_id) as opened:
            deliveries = Delivery.objects.filter(event_id=letter.event_id)
            deliveries.filter(subscriber=letter.subscriber).update(
                state=Delivery.State.WAITING, attempts=0, next_at=timezone.now()
            )
            rows = Row.objects.filter(id=letter.event_id)
            rows.update(finished_at=None, handed_at=None)
            DeadLetter.objects.filter(id=letter.pk).delete()
        touched.add(opened.shard)
        count += 1
    for shard in sorted(touched):
        dispatch.wake(shard)
    return count


def replay_log(*, subscriber: str, since: datetime) -> int:
    """Deliver a subscriber's events since a moment once more, also to one that is new.

    Returns how many, over all shards. Raises UnknownSubscriber.
    """
    known = registry.subscriber_named(subscriber)
    values: dict[str, Any] = {
        "topic": known.topic,
        "since": ids.first_at(since),
        "subscriber": known.name,
    }
    count = 0
    for shard in conf().shards:
        with transaction.atomic(using=shard), connections[shard].cursor() as cursor:
            cursor.execute(AGAIN, values)
            count += cursor.rowcount
        dispatch.wake(shard)
    return count
