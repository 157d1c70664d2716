"""What waits, how old the oldest is, and what has failed for good, on each shard."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections
from django.db.models import Count

from apps.events import fragments
from apps.events.models import DeadLetter, Delivery, Event
from apps.sharding import ids
from apps.sharding.conf import conf


@dataclass(frozen=True)
class ShardStats:
    """The outbox of one shard; `oldest` is the age of the oldest event that is not finished.

    `longest` is the age of the oldest open transaction: its events are not there before it ends.
    `weeks_ahead` is how long the fragments that are there will last: under 1 is an alarm.
    """

    shard: str
    unfinished: int
    oldest: timedelta | None
    longest: timedelta | None
    waiting: dict[str, int]
    dead: int
    weeks_ahead: float


OPEN = """
SELECT max(clock_timestamp() - xact_start) FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""


def of_shards(now: datetime) -> list[ShardStats]:
    """Return the state of every shard's outbox, from the primaries."""
    return [_of(shard, now) for shard in conf().shards]


def _of(shard: str, now: datetime) -> ShardStats:
    unfinished = Event.objects.using(shard).filter(finished_at=None)
    oldest = unfinished.order_by("id").values_list("id", flat=True).first()
    deliveries = Delivery.objects.using(shard).filter(state=Delivery.State.WAITING)
    counted = deliveries.values_list("subscriber").annotate(number=Count("event_id"))
    return ShardStats(
        shard=shard,
        unfinished=unfinished.count(),
        oldest=max(now - ids.time_of(oldest), timedelta()) if oldest else None,
        longest=_longest_transaction(shard),
        waiting=dict(counted.order_by("subscriber")),
        dead=DeadLetter.objects.using(shard).count(),
        weeks_ahead=fragments.weeks_ahead(shard, now),
    )


def _longest_transaction(shard: str) -> timedelta | None:
    """Return the age of the oldest transaction that has written something and is still open."""
    with connections[shard].cursor() as cursor:
        cursor.execute(OPEN)
        age: timedelta | None = cursor.fetchone()[0]
    return age
