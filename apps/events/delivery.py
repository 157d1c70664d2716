"""Delivery: the events of one key for one subscriber, one after the other, in commit order."""

import logging
import random
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.events import registry, retries
from apps.events.models import DeadLetter, Delivery
from apps.events.models import Event as Row
from apps.sharding import shards

log = logging.getLogger(__name__)

LOCK = "SELECT pg_try_advisory_lock(hashtext(%s), hashint8(%s))"
UNLOCK = "SELECT pg_advisory_unlock(hashtext(%s), hashint8(%s))"


class Errand(NamedTuple):
    """What waits for one subscriber under one key on one shard."""

    shard: str
    subscriber: str
    key: int


def deliver(errand: Errand) -> int:
    """Hand the subscriber what waits for it under the key; returns how many deliveries were made.

    One process at a time does this for a subscriber and key. Another one that finds it under way
    leaves it: who has it looks once more after it has let go.
    """
    done = 0
    more = True
    while more:
        with _alone(errand) as alone:
            if not alone:
                return done
            while (delivery := _next(errand)) is not None:
                _attempt(errand, delivery)
                done += 1
        more = _next(errand) is not None
    return done


def wait_of(errand: Errand) -> float | None:
    """Return the seconds until a failed delivery of this errand is due, None where none waits.

    At least one: what is due now, another process has under way.
    """
    failed = _waiting(errand).filter(attempts__gt=0).order_by("next_at")
    due = failed.values_list("next_at", flat=True).first()
    return max(1.0, (due - timezone.now()).total_seconds()) if due else None


def _next(errand: Errand) -> Delivery | None:
    """Return what is to be delivered now: for an ordered subscriber the first, if it is due."""
    waiting = _waiting(errand).order_by("event_id")
    if registry.subscriber_named(errand.subscriber).ordered:
        first = waiting.first()
        return first if first is not None and first.next_at <= timezone.now() else None
    return waiting.filter(next_at__lte=timezone.now()).first()


def _attempt(errand: Errand, delivery: Delivery) -> None:
    row = Row.objects.using(errand.shard).get(id=delivery.event_id)
    try:
        fact = registry.restore(row.topic, row.payload)
        registry.subscriber_named(errand.subscriber).handle(fact, row.pk)
    except Exception as error:
        _fail(errand, delivery, row, error)
    else:
        _settle(errand, row, delivery, state=Delivery.State.DONE)


def _fail(errand: Errand, delivery: Delivery, row: Row, error: Exception) -> None:
    attempts = delivery.attempts + 1
    log.warning("%s failed for %s, attempt %d: %s", row, errand.subscriber, attempts, error)
    if retries.is_over(attempts):
        _bury(delivery, row, attempts, error)
        _settle(errand, row, delivery, state=Delivery.State.DEAD, attempts=attempts)
        return
    next_at = timezone.now() + retries.pause(attempts, random.random())
    _mine(errand, delivery).update(attempts=attempts, next_at=next_at)


def _bury(delivery: Delivery, row: Row, attempts: int, error: Exception) -> None:
    with shards.atomic_for(delivery.event_id):
        DeadLetter.objects.update_or_create(
            event_id=delivery.event_id,
            subscriber=delivery.subscriber,
            defaults={
                "topic": row.topic,
                "attempts": attempts,
                "error": f"{type(error).__name__}: {error}"[:500],
                "traceback": "".join(traceback.format_exception(error)),
            },
        )


def _settle(errand: Errand, row: Row, delivery: Delivery, **changes: Any) -> None:
    """Record what became of a delivery, and finish the event with its last one."""
    with transaction.atomic(using=errand.shard):
        # The row's lock makes two last deliveries wait for each other, so one sees both.
        Row.objects.using(errand.shard).select_for_update().get(id=row.pk)
        _mine(errand, delivery).update(**changes)
        rest = Delivery.objects.using(errand.shard).filter(event_id=row.pk)
        if not rest.filter(state=Delivery.State.WAITING).exists():
            finished = Row.objects.using(errand.shard).filter(id=row.pk)
            finished.update(finished_at=timezone.now())


def _mine(errand: Errand, delivery: Delivery) -> QuerySet[Delivery]:
    rows = Delivery.objects.using(errand.shard).filter(event_id=delivery.event_id)
    return rows.filter(subscriber=delivery.subscriber)


def _waiting(errand: Errand) -> QuerySet[Delivery]:
    rows = Delivery.objects.using(errand.shard).filter(state=Delivery.State.WAITING)
    return rows.filter(subscriber=errand.subscriber, key=errand.key)


@contextmanager
def _alone(errand: Errand) -> Iterator[bool]:
    """Hold the right to deliver this errand; it ends with the connection, however that ends."""
    names: list[Any] = [errand.subscriber, errand.key]
    with connections[errand.shard].cursor() as cursor:
        cursor.execute(LOCK, names)
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connections[errand.shard].cursor() as cursor:
                cursor.execute(UNLOCK, names)
