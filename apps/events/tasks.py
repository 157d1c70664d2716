"""Celery's view of dispatch: parse, call one verb."""

from celery import shared_task

from apps.events import dispatch as dispatching
from apps.sharding.conf import conf


@shared_task(name="events.dispatch", ignore_result=True)
def dispatch(shard: str) -> None:
    """Hand on what waits on one shard."""
    for errand in dispatching.claim(shard):
        deliver.delay(*errand)


@shared_task(
    name="events.deliver",
    ignore_result=True,
    acks_late=True,
    autoretry_for=(Exception,),
    max_retries=3,
    retry_backoff=1,
    retry_jitter=True,
)
def deliver(shard: str, event_id: int, subscriber: str) -> None:
    """Deliver one event to one subscriber."""
    dispatching.deliver(dispatching.Errand(shard, event_id, subscriber))


@shared_task(name="events.sweep", ignore_result=True)
def sweep() -> None:
    """Hand on what was forgotten, on every shard."""
    for shard in conf().shards:
        dispatch.delay(shard)
