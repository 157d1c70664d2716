"""Celery tasks carry the id of the request that they follow from."""

from typing import Any

from celery import Task

from apps.tracing import trace

HEADER = "rookery_request"


class TracedTask(Task):  # type: ignore[misc]  # Celery ships no types
    """A task in the name of its sender's request; one that nobody has asked for has its own id."""

    abstract = True

    def apply_async(self, *args: Any, headers: dict[str, Any] | None = None, **options: Any) -> Any:
        """Send the task with the sender's id."""
        sent = {**(headers or {}), HEADER: trace.current()}
        return super().apply_async(*args, headers=sent, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task."""
        given = str(self.request.get(HEADER) or "")
        with trace.scope(given or trace.current() or trace.fresh()):
            return super().__call__(*args, **kwargs)
