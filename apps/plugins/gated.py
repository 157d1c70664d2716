"""Celery tasks of plugins: neither sent nor run while their plugin is off, cut off when faulty."""

import logging
from typing import Any

from celery import Task
from celery.exceptions import Ignore, Reject, Retry

from apps.plugins import discovery, faults, guard, strikes, switches

log = logging.getLogger(__name__)

# A plugin's task may take so long, then it is told to end, then its process is killed.
SOFT_SECONDS, HARD_SECONDS = 60, 75


class GatedTask(Task):  # type: ignore[misc]  # Celery ships no types
    """A task that knows whose it is; those of the core run as ever."""

    abstract = True

    def apply_async(self, *args: Any, **options: Any) -> Any:
        """Send the task; nothing is sent for a plugin that is off."""
        module = type(self).__module__
        if switches.is_silent(module):
            return None
        if discovery.owner_of(module) is not None:
            options = {"soft_time_limit": SOFT_SECONDS, "time_limit": HARD_SECONDS, **options}
        return super().apply_async(*args, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; what a plugin's raises is a fault, and ends here."""
        module = type(self).__module__
        owner = discovery.owner_of(module)
        if owner is None:
            return super().__call__(*args, **kwargs)
        if switches.is_silent(module):
            return None
        hook = f"task {self.name}"
        try:
            answer = super().__call__(*args, **kwargs)
        except (Retry, Ignore, Reject, *guard.AWAY, KeyboardInterrupt):
            raise
        except BaseException as error:
            faults.note(owner, hook, error)
            return None
        strikes.clear(owner, hook)
        return answer
