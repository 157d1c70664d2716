"""Celery's view of erasure: parse, call one verb."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from apps.erasure import services
from apps.erasure.errors import SliceOver

log = logging.getLogger(__name__)
SLICE_SECONDS = 5.0


@shared_task(name="erasure.work", ignore_result=True)
def work(deletion_id: int) -> None:
    """Go on with a deletion, so long as a worker that is stopped can wait for.

    One that has to wait for others is gone on with by beat.
    """
    try:
        services.work(deletion_id, seconds=SLICE_SECONDS)
    except SliceOver:
        hand_on(deletion_id)


@shared_task(name="erasure.tend", ignore_result=True)
def tend() -> None:
    """Go on with what stands still."""
    for deletion_id in services.standing_still():
        work.delay(deletion_id)


def hand_on(deletion_id: int) -> None:
    """Have a worker go on; with no broker beat does so when it is back."""
    try:
        work.apply_async((deletion_id,), retry=False)
    except (OperationalError, OSError) as error:
        log.warning("The broker is away, so a deletion waits for beat: %s", error)
