"""Celery's view of caching: parse, call one verb."""

from celery import shared_task

from apps.caching import debts


@shared_task(name="caching.pay-debts", ignore_result=True)
def pay_debts() -> None:
    """Bump the tags that commits could not mark."""
    debts.pay()
