"""HTTP for the edge: a request whose very bytes were understood before is answered at once.

A browser says the same each time that it asks for a page again, byte for byte. What such bytes ask
for was found out when they came first, by uvicorn's parser and `asks`. So the next time they are
looked up, and the page from memory is sent, before anything else is made of them; whoever makes
that page now has us wait without a task. Everything else is left to uvicorn.
"""

import re
from asyncio import Future
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

if TYPE_CHECKING:
    from apps.edge.asgi import Edge
    from apps.edge.asks import Ask
    from apps.edge.flights import Flight
    from apps.edge.pages import Header, Page

END_OF_HEAD = b"\r\n\r\n"
# A proxy before us gives each request an id of its own. The answer does not depend on it.
OWN_ID = re.compile(rb"\r\nx-request-id: [0-9a-f]{32}(?=\r\n)", re.IGNORECASE)
# Longer ones are rare, and not remembered.
LONGEST_HEAD = 4096
# With what is made of them, 10 MB where all are as long as those of today's browsers.
MOST_HEADS = 4096
# What the answer depends on, or what comes after the head does.
SPEAKING = frozenset({b"expect", b"proxy-connection", b"transfer-encoding", b"upgrade"})


class Heads:
    """What whole requests asked for, by their bytes but their id: the last `most` of them."""

    def __init__(self, most: int = MOST_HEADS) -> None:
        self.most = most
        self._asks: dict[bytes, Ask] = {}

    def find(self, head: bytes) -> "Ask | None":
        """Return what such a request asked for before."""
        return self._asks.get(OWN_ID.sub(b"", head, count=1))

    def remember(self, head: bytes, ask: "Ask") -> None:
        """Remember what a request asks for."""
        if len(self._asks) >= self.most:
            del self._asks[next(iter(self._asks))]
        self._asks[OWN_ID.sub(b"", head, count=1)] = ask


class Wire(HttpToolsProtocol):
    """A connection. What it does not answer itself, it gives to uvicorn's parser as it came."""

    # For whose page a request waits, which is kept until then.
    _flight: "Flight | None" = None
    _head = b""
    # When the last request came, by the loop's clock.
    _asked = 0.0
    # How many requests have begun, as uvicorn's parser sees it, and whether the last has ended.
    _begun = 0
    _is_open = False

    @property
    def edge(self) -> "Edge":
        """The application, which must be one of these."""
        return cast("Edge", self.config.app)

    def data_received(self, data: bytes) -> None:
        """Answer from memory, or hand over."""
        if self._flight is not None:
            self._hand_over()
        if not self._may_answer():
            super().data_received(data)
        elif (ask := self.edge.heads.find(data)) is None:
            self._learn(data)
        elif page := self.edge.find(ask):
            self._answer(ask, page)
        elif flight := self.edge.flight_of(ask):
            self._wait(data, ask, flight)
        else:
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                # From here on others wait for it, also those who ask before its task begins.
                self.edge.begin(ask, self._scope)

    def on_message_begin(self) -> None:
        """Note that what comes now belongs to this request."""
        self._begun, self._is_open = self._begun + 1, True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Note that what comes now does not belong to this request any more."""
        self._is_open = False
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._flight = None
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Let who waits have his answer before the connection ends."""
        if self._flight is not None:
            self._hand_over()
        super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """End the connection, unless it was used since the clock was set."""
        rest = self._asked + self.timeout_keep_alive - self.loop.time()
        if rest > 0 or self._flight is not None:
            self._set_clock(max(rest, 1.0))
        else:
            super().timeout_keep_alive_handler()

    @property
    def _scope(self) -> dict[str, Any]:
        """The request that was handed over last."""
        return cast("dict[str, Any]", self.cycle.scope)

    def _may_answer(self) -> bool:
        """Tell whether the last request is done with, and nothing has to be done but to answer."""
        is_between = not self._is_open and (self.cycle is None or self.cycle.response_complete)
        is_simple = not (self.flow.write_paused or self.access_log or self.edge.is_leaving)
        return is_between and is_simple

    def _learn(self, data: bytes) -> None:
        """Hand over, and remember what these bytes ask for if they are one whole request."""
        is_head = len(data) <= LONGEST_HEAD and data.find(END_OF_HEAD) == len(data) - 4
        begun, before = self._begun, self.cycle
        super().data_received(data)
        is_one = self._begun == begun + 1 and not self._is_open and self.cycle is not before
        is_whole = is_head and is_one and _is_plain(self._scope)
        if is_whole and (ask := self.edge.understand(self._scope)):
            self.edge.heads.remember(data, ask)

    def _wait(self, data: bytes, ask: "Ask", flight: "Flight") -> None:
        self._flight, self._head = flight, data
        flight.then(partial(self._landed, flight, data, ask))

    def _landed(
        self, flight: "Flight", data: bytes, ask: "Ask", landed: "Future[Page | None]"
    ) -> None:
        if self._flight is not flight or self._head is not data:
            return
        page = self.edge.landed_for(ask, landed.result())
        if page is None or not self._may_answer():
            self._hand_over()
        else:
            self._flight = None
            self._answer(ask, page)

    def _hand_over(self) -> None:
        """Have the request that waits go the way of others."""
        self._flight, head = None, self._head
        super().data_received(head)

    def _answer(self, ask: "Ask", page: "Page") -> None:
        headers, body = self.edge.answer(ask, page)
        self._asked = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._set_clock(self.timeout_keep_alive)
        self.server_state.total_requests += 1
        said = _lines([*self.server_state.default_headers, *headers])
        self.transport.write(b"".join((STATUS_LINE[page.status], said, b"\r\n", body)))

    def _set_clock(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )


def _lines(headers: Iterable["Header"]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def _is_plain(scope: Mapping[str, Any]) -> bool:
    """Tell whether a connection goes on after such a request, and nothing belongs to it."""
    headers = scope["headers"]
    goes_on = all(value == b"keep-alive" for name, value in headers if name == b"connection")
    return (
        goes_on
        and scope["http_version"] == "1.1"
        and not any(name in SPEAKING for name, _ in headers)
    )
