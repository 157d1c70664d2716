"""Celery's view of dispatch: parse, call one verb."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.conf import settings

from apps.events import delivery, fragments
from apps.events import dispatch as dispatching
from apps.events.errands import Errand
from apps.sharding.conf import conf


@shared_task(name="events.dispatch", ignore_result=True)
def dispatch(shard: str) -> None:
    """Deliver what waits on one shard."""
    dispatching.work(shard)


@shared_task(name="events.deliver", ignore_result=True, acks_late=True)
def deliver(shard: str, subscriber: str, keys: list[int]) -> None:
    """Deliver what waits for one subscriber under some keys."""
    deliver_now([Errand(shard, subscriber, tuple(keys))])


def deliver_now(errands: Sequence[Errand]) -> int:
    """Deliver errands of one shard, and have a worker come back for what failed.

    Returns how many deliveries were tried.
    """
    done = delivery.deliver(errands)
    for errand in done.failed:
        if (wait := delivery.wait_of(errand)) is not None:
            dispatching.send(deliver, tuple(errand), countdown=wait)
    return done.tried


@shared_task(name="events.fragments", ignore_result=True)
def keep_fragments() -> None:
    """Make the weeks to come on every shard, and drop those that are past their time."""
    now = datetime.now(UTC)
    for shard in conf().shards:
        fragments.ensure(shard, now)
        fragments.drop(shard, now - timedelta(weeks=settings.EVENTS_KEEP_WEEKS))


@shared_task(name="events.sweep", ignore_result=True)
def sweep() -> None:
    """Hand on what was forgotten, on every shard."""
    for shard in conf().shards:
        dispatching.send(dispatch, (shard,))
