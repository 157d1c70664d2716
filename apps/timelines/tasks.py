"""Celery's view of timelines: parse, call one verb."""

from celery import shared_task

from apps.sharding.conf import conf
from apps.timelines import arrivals, big_authors, horizons


@shared_task(name="timelines.confirm-arrivals", ignore_result=True)
def confirm_arrivals() -> None:
    """Announce the posts that all replicas have, on every shard."""
    for shard in conf().shards:
        arrivals.confirm(shard)


@shared_task(name="timelines.trim", ignore_result=True)
def trim() -> None:
    """Have every shard's timelines trimmed, each shard's by a task of its own."""
    for shard in conf().shards:
        trim_shard.delay(shard)


@shared_task(name="timelines.trim_shard", ignore_result=True)
def trim_shard(shard: str) -> None:
    """Trim one shard's timelines to the bound."""
    horizons.trim(shard)


@shared_task(name="timelines.review", ignore_result=True)
def review() -> None:
    """Review whose posts are merged at read."""
    big_authors.review_all()
