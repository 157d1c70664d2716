"""Celery's view of tags: parse, call one verb."""

from celery import shared_task

from apps.bundled.hashtags import trending


@shared_task(name="hashtags.trending", ignore_result=True)
def refresh() -> None:
    """Make the list of what trends anew."""
    trending.refresh()
