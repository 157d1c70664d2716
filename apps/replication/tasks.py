"""Celery tasks carry the token of whoever sent them, so a worker reads what its sender saw."""

from typing import Any

from celery import Task

from apps.replication import positions, scopes, tokens

HEADER = "rookery_token"


class FreshTask(Task):  # type: ignore[misc]  # Celery ships no types
    """A task that runs in the scope of its sender's token."""

    abstract = True

    def apply_async(self, *args: Any, headers: dict[str, Any] | None = None, **options: Any) -> Any:
        """Send the task with the sender's token, moved past the sender's writes."""
        positions.settle()
        scope = scopes.current()
        sent = {**(headers or {}), HEADER: tokens.encode(scope.token if scope else {})}
        return super().apply_async(*args, headers=sent, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; its reads are at least as fresh as its sender's."""
        with scopes.scope(tokens.decode(self.request.get(HEADER))):
            return super().__call__(*args, **kwargs)
