"""Celery's view of timelines: parse, call one verb."""

from celery import shared_task

from apps.events import dispatch
from apps.sharding.conf import conf
from apps.timelines import arrivals


@shared_task(name="timelines.confirm-arrivals", ignore_result=True)
def confirm_arrivals(shard: str) -> None:
    """Announce the posts of one shard that all of its replicas have."""
    arrivals.confirm(shard)


@shared_task(name="timelines.sweep-arrivals", ignore_result=True)
def sweep_arrivals() -> None:
    """Announce what was not confirmed at once, on every shard."""
    for shard in conf().shards:
        dispatch.send(confirm_arrivals, (shard,))
