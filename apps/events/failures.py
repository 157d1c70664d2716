"""What becomes of a delivery that failed: tried again later, in the end a dead letter."""

import logging
import random
import traceback

from django.utils import timezone

from apps.events import retries
from apps.events.errands import Errand, Waiting
from apps.events.models import DeadLetter, Delivery
from apps.sharding import shards
from apps.tracing import trace

log = logging.getLogger(__name__)


def note(errand: Errand, item: Waiting, error: Exception) -> bool:
    """Have a failed delivery tried again after a pause, or bury it; tells whether it is dead."""
    attempts = item.attempts + 1
    with trace.scope(item.request_id):
        log.warning(
            "%s %d failed for %s, attempt %d: %s",
            *(item.topic, item.event_id, errand.subscriber, attempts, error),
        )
    over = retries.is_over(attempts)
    if over:
        _bury(errand, item, attempts, error)
    next_at = timezone.now() + retries.pause(attempts, random.random())
    rows = Delivery.objects.using(errand.shard).filter(event_id=item.event_id)
    rows.filter(subscriber=errand.subscriber).update(attempts=attempts, next_at=next_at)
    return over


def _bury(errand: Errand, item: Waiting, attempts: int, error: Exception) -> None:
    with shards.atomic_for(item.event_id):
        DeadLetter.objects.update_or_create(
            event_id=item.event_id,
            subscriber=errand.subscriber,
            defaults={
                "topic": item.topic,
                "attempts": attempts,
                "error": f"{type(error).__name__}: {error}"[:500],
                "traceback": "".join(traceback.format_exception(error)),
            },
        )
