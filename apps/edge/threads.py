"""Django on threads, which hand their answers over without waiting for the event loop."""

from typing import Any

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import WSGIResponder


class Threads(WSGIMiddleware):
    """A WSGI application for an ASGI server, on threads of its own."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one connection of ASGI."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        responder = Responder(self.app, self.executor, self.send_queue_size)
        await responder(scope, receive, send)


class Responder(WSGIResponder):
    """Hands the first piece of an answer over together with its headers, and goes on at once.

    Most answers are of one piece. With more of them, as in a download, the thread waits for each
    as long as the reader is slow.
    """

    _start: Any = None
    _is_of_one_piece = True

    def send(self, message: Any) -> None:
        """Hand over a message of ASGI, from the thread."""
        if message["type"] == "http.response.start":
            self._start = message
        elif self._start is not None:
            self._hand_over(self._start, message)
            self._start = None
        elif self._is_of_one_piece and not message.get("more_body"):
            self._hand_over(message)
        else:
            self._is_of_one_piece = False
            super().send(message)

    def _hand_over(self, *messages: Any) -> None:
        for message in messages:
            self.loop.call_soon_threadsafe(self.send_queue.put_nowait, message)
