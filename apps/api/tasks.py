"""What is done by the clock."""

from celery import shared_task

from apps.api import grants


@shared_task(name="api.forget", ignore_result=True)
def forget() -> None:
    """Forget what has expired."""
    grants.forget()
