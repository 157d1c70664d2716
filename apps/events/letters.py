"""Dead letters: looked at, and delivered once more."""

from collections.abc import Iterable

from django.utils import timezone

from apps.events import dispatch
from apps.events.models import DeadLetter, Delivery
from apps.events.models import Event as Row
from apps.sharding import shards


def replay(letters: Iterable[DeadLetter]) -> int:
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
