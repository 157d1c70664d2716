"""Every write of webhooks."""

import logging
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.bundled.webhooks import messages, rests
from apps.bundled.webhooks.events import DeliveryDue
from apps.bundled.webhooks.models import Delivery, Webhook
from apps.events import inbox, outbox
from apps.events.errors import TryLater
from apps.events.registry import Event
from apps.kernel.errors import RookeryError
from apps.outgoing import client
from apps.outgoing.client import Limits
from apps.outgoing.errors import NotAllowed, Unreachable, Unwanted
from apps.replication import scopes
from apps.sharding import ids, shards
from apps.sharding.conf import conf

log = logging.getLogger(__name__)

# A receiver says that it has it, and does its work later.
LIMITS = Limits(seconds=5.0, most=1024)
KEPT = timedelta(days=14)
CHUNK = 1000


def queue(*, event: Event, event_id: int) -> None:
    """Make a delivery of an event for each webhook that wants it, once."""
    with scopes.primary():
        hooks = list(Webhook.objects.filter(is_on=True, topics__contains=[event.topic]))
    with shards.atomic_for(event.key):
        if not hooks or not inbox.first_time(event.key, event_id, "webhooks.queue"):
            return
        for hook in hooks:
            row = Delivery.objects.create(
                key=event.key,
                webhook_id=hook.pk,
                event_id=event_id,
                topic=event.topic,
                data=event.payload(),
            )
            outbox.record(DeliveryDue(delivery_id=row.pk))


def tell(*, delivery_id: int) -> None:
    """Send a delivery; raises TryLater where its receiver does not take it."""
    with scopes.primary():
        row = Delivery.objects.filter(id=delivery_id).first()
        if row is None or row.state == Delivery.State.DONE:
            return
        hook = Webhook.objects.filter(pk=row.webhook_id, is_on=True).first()
    if hook is None:
        _settle(row, Delivery.State.SKIPPED)
        return
    now = timezone.now()
    _take_turn(hook, now)
    try:
        status = _post(hook, row, now)
    except (NotAllowed, Unreachable, Unwanted, Refused) as refusal:
        _settle(row, Delivery.State.FAILED, refusal)
        _note_failure(hook, refusal, timezone.now())
        raise TryLater(str(refusal)) from refusal
    _settle(row, Delivery.State.DONE, status=status)
    if hook.failures:
        Webhook.objects.filter(pk=hook.pk).update(failing_since=None, failures=0, rests_until=None)


def trim(now: datetime) -> None:
    """Forget deliveries of long ago."""
    oldest = ids.first_at(now - KEPT)
    for shard in conf().shards:
        rows = Delivery.objects.using(shard)
        while old := list(rows.filter(id__lt=oldest).values_list("id", flat=True)[:CHUNK]):
            rows.filter(id__in=old).delete()


class Refused(RookeryError):
    """A receiver answered that it does not take a delivery."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The receiver answered {status}. It has to answer 2xx.")
        self.status = status


def _take_turn(hook: Webhook, now: datetime) -> None:
    """Let one delivery at a time try a webhook that fails; raises TryLater for the others.

    So a receiver that hangs holds up no more than one worker, and is not run over when it is back.
    """
    if not hook.failures:
        return
    free = Webhook.objects.filter(Q(rests_until=None) | Q(rests_until__lte=now), pk=hook.pk)
    if not free.update(rests_until=now + timedelta(seconds=LIMITS.seconds)):
        raise TryLater(f"{hook.url} fails, and is left alone for a while.")


def _post(hook: Webhook, row: Delivery, now: datetime) -> int:
    body = messages.body(delivery_id=row.pk, event_id=row.event_id, topic=row.topic, data=row.data)
    headers = messages.headers(
        delivery_id=row.pk, topic=row.topic, secret=hook.secret, body=body, now=now
    )
    status = client.post(hook.url, body, headers=headers, limits=LIMITS).status
    if not 200 <= status < 300:
        raise Refused(status)
    return status


def _settle(
    row: Delivery, state: str, refusal: RookeryError | None = None, status: int | None = None
) -> None:
    """Write down what became of an attempt."""
    with shards.atomic_for(row.pk):
        Delivery.objects.filter(id=row.pk).update(
            state=state,
            attempts=F("attempts") + int(state != Delivery.State.SKIPPED),
            status=getattr(refusal, "status", status),
            error=str(refusal or "")[:500],
            changed_at=timezone.now(),
        )


def _note_failure(hook: Webhook, refusal: RookeryError, now: datetime) -> None:
    """Leave a webhook alone for a while; one that has failed for a day is switched off."""
    rows = Webhook.objects.filter(pk=hook.pk)
    rows.update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", now),
        rests_until=now + rests.rest(hook.failures + 1),
    )
    hook.refresh_from_db()
    if hook.failing_since and rests.is_over(hook.failures, hook.failing_since, now):
        note = (
            f"Switched off: it has failed since {hook.failing_since:%Y-%m-%d %H:%M} UTC. {refusal}"
        )
        rows.update(is_on=False, note=note[:500])
        log.error("The webhook %s is switched off. %s", hook.url, note)
