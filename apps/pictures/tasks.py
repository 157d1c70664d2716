"""Celery's view of pictures: parse, call one verb."""

from celery import shared_task
from django.utils import timezone

from apps.pictures import services
from apps.sharding.conf import conf


@shared_task(name="pictures.sweep", ignore_result=True)
def sweep() -> None:
    """Remove pictures that nobody has posted, on every shard."""
    for shard in conf().shards:
        sweep_on.delay(shard)


@shared_task(name="pictures.sweep-on", ignore_result=True)
def sweep_on(shard: str) -> None:
    """Remove one shard's."""
    services.sweep(shard, now=timezone.now())
