"""Celery's view of archives: parse, call one verb."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from apps.archives import exports

log = logging.getLogger(__name__)


@shared_task(name="archives.make", ignore_result=True)
def make(export_id: int) -> None:
    """Make an archive; twice does no harm."""
    exports.make(export_id)


@shared_task(name="archives.tend", ignore_result=True)
def tend() -> None:
    """Remove old archives, and go on with those whose worker was killed."""
    for export_id in exports.tend():
        make.delay(export_id)


def hand_on(export_id: int) -> None:
    """Have a worker make an archive; with no broker beat does so when it is back."""
    try:
        make.apply_async((export_id,), retry=False)
    except (OperationalError, OSError) as error:
        log.warning("The broker is away, so an archive waits for beat: %s", error)
