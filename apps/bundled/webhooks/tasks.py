"""Celery's view of webhooks: parse, call one verb."""

from celery import shared_task
from django.utils import timezone

from apps.bundled.webhooks import services


@shared_task(name="webhooks.trim", ignore_result=True)
def trim() -> None:
    """Forget deliveries of long ago."""
    services.trim(timezone.now())
