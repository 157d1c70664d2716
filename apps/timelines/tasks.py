"""Celery's view of timelines: parse, call one verb."""

from celery import shared_task

from apps.sharding.conf import conf
from apps.timelines import arrivals


@shared_task(name="timelines.confirm-arrivals", ignore_result=True)
def confirm_arrivals() -> None:
    """Announce the posts that all replicas have, on every shard."""
    for shard in conf().shards:
        arrivals.confirm(shard)
