"""A worker whose first connection to the broker goes on living and asks for nothing any more."""

from celery.signals import worker_ready

from project.celery import app

__all__ = ["app"]


@worker_ready.connect
def fall_silent(sender, **_):
    sender.task_consumer.channel._brpop_start = lambda timeout=None: None
