"""Celery's view of posts: parse, call one verb."""

from celery import shared_task

from apps.posts import sendings
from apps.sharding.conf import conf


@shared_task(name="posts.forget-keys", ignore_result=True)
def forget_keys() -> None:
    """Forget the keys of forms that have expired, on every shard."""
    for shard in conf().shards:
        forget_keys_on.delay(shard)


@shared_task(name="posts.forget-keys-on", ignore_result=True)
def forget_keys_on(shard: str) -> None:
    """Forget one shard's."""
    sendings.forget(shard)
