"""A worker that takes nothing while tasks wait connects to the broker anew.

After a broker was lost and found again, a worker's connection may look sound and bring nothing any
more: the process lives, its loop turns, and the queue grows. Nobody but the worker can tell that
from being busy, so it looks itself.
"""

import logging
from typing import Any

from celery import bootsteps
from celery.worker import state

from apps.ops import broker

log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
# So many looks in a row find tasks waiting, and nothing taken since the one before.
MOST_DEAF = 2


class Deaf(ConnectionError):
    """Makes the worker's loop close its connection and open another, as for one that was lost."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} tasks wait, and none comes through this connection")


class Listening(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Part of a worker, for as long as its connection to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    timer: Any = None
    taken = 0
    deaf = 0

    def start(self, parent: Any) -> None:
        """Look from now on."""
        self.taken, self.deaf = state.all_total_count[0], 0
        self.timer = parent.timer.call_repeatedly(EVERY_SECONDS, self.look)

    def stop(self, parent: Any) -> None:
        """Look no more: the connection ends."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def look(self) -> None:
        """Raise Deaf where this worker has long had nothing to do while tasks wait."""
        before, self.taken = self.taken, state.all_total_count[0]
        is_idle = self.taken == before and not state.active_requests
        waiting = broker.waiting() if is_idle else 0
        self.deaf = self.deaf + 1 if waiting else 0
        if waiting and self.deaf >= MOST_DEAF:
            log.error("This worker hears nothing of %d waiting tasks: it connects anew.", waiting)
            raise Deaf(waiting)
