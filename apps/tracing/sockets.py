"""A WebSocket or a stream is one long request: what its connection does has one id."""

from collections.abc import Callable
from typing import Any

from apps.tracing import trace


def asgi(application: Callable[..., Any]) -> Callable[..., Any]:
    """Return the ASGI application, with an id for each connection."""

    async def traced(scope: Any, receive: Any, send: Any) -> None:
        with trace.scope(trace.fresh()):
            await application(scope, receive, send)

    return traced
