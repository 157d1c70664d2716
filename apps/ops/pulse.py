"""A sign of life of processes that answer no HTTP: a file whose time is kept new.

A worker counts as alive while its loop turns, and while it waits for a broker that is away: to be
started anew would not bring the broker back. Beat counts as alive while it ticks.
"""

import threading
import time
from pathlib import Path
from typing import Any

from celery import bootsteps
from celery.beat import PersistentScheduler
from django.conf import settings

EVERY_SECONDS = 5.0
# A loop that did not turn for so long hangs.
PATIENCE_SECONDS = 60.0


def beat() -> None:
    """Set the file's time to now; nothing where no file is asked for."""
    if settings.PULSE_FILE:
        Path(settings.PULSE_FILE).touch()


class WorkerPulse(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Part of a worker that is started and stopped with its connection to the broker."""

    requires = ("celery.worker.consumer.connection:Connection",)
    turned = 0.0
    timer: Any = None

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        if settings.PULSE_FILE:
            threading.Thread(target=self.watch, name="pulse", daemon=True).start()

    def start(self, parent: Any) -> None:
        """Watch the loop's turns from now on."""
        self.turn()
        self.timer = parent.timer.call_repeatedly(EVERY_SECONDS, self.turn)

    def stop(self, parent: Any) -> None:
        """Expect no turns: the broker is away."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def turn(self) -> None:
        """Note that the loop has turned."""
        self.turned = time.monotonic()

    def watch(self) -> None:
        """Keep the file's time new for as long as the worker is well."""
        while True:
            if self.timer is None or time.monotonic() - self.turned < PATIENCE_SECONDS:
                beat()
            time.sleep(EVERY_SECONDS)


class Scheduler(PersistentScheduler):  # type: ignore[misc]  # Celery ships no types
    """Beat's scheduler, which shows that it ticks."""

    def tick(self, *args: Any, **options: Any) -> float:
        """Send what is due; returns the seconds until the next tick."""
        beat()
        seconds: float = super().tick(*args, **options)
        return seconds
