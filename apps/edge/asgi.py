"""The edge: answers from memory what is there, and hands the rest to Django on threads.

application = Edge(Threads(django, workers=8), most_bytes=64 * 2**20)
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse

from apps.caching import memory
from apps.edge import asks, sharing
from apps.edge.asks import Ask
from apps.edge.flights import SCOPE, Flight
from apps.edge.pages import Header, Page, Pages, generation, is_current
from apps.edge.sharing import Turn
from apps.edge.wire import Heads
from apps.grid import metrics
from apps.grid.metrics import Sample
from apps.replication import middleware, tokens
from apps.replication.conf import conf

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# Where an ASGI scope carries what was understood of it.
ASK = "rookery.ask"
# For so long nobody waits for another's answer under a path whose last one was for him alone.
ALONE_SECONDS = 5.0
MOST_ALONE = 10_000
# Who has waited for so many others makes the page alone.
MOST_WAITS = 3


class Edge:
    """An ASGI application in front of another; all of it runs on one event loop."""

    def __init__(self, application: Application, *, most_bytes: int) -> None:
        self.application = application
        self.pages = Pages(most_bytes)
        self.outcomes: Counter[str] = Counter()
        self.heads = Heads()
        # While the process stops, connections end with their next answer.
        self.is_leaving = False
        metrics.family(
            "rookery_edge_answers", "counter", "Requests at the edge by outcome.", self._samples
        )
        metrics.family("rookery_edge_bytes", "gauge", "Bytes of kept pages.", self._bytes)
        self._flights: dict[asks.Key, Flight] = {}
        self._alone: dict[bytes, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection of ASGI."""
        ask = self.understand(scope)
        if ask is None:
            await self.application(scope, receive, self._closing(send))
        elif SCOPE in scope:
            await self._make(scope[SCOPE], scope, receive, self._closing(send))
        elif page := self.find(ask) or await self._shared(ask):
            await self._answer(ask, page, send)
        else:
            await self._make(self.begin(ask, scope), scope, receive, self._closing(send))

    def understand(self, scope: Scope) -> Ask | None:
        """Return what a request asks for, found out once; None where only Django can tell."""
        if ASK not in scope:
            scope[ASK] = asks.of(scope)
        found: Ask | None = scope[ASK]
        return found

    def find(self, ask: Ask) -> Page | None:
        """Return the page that is right for this reader now."""
        page = self.pages.find(ask, memory.near(), memory.confirmed(), generation())
        if page is not None:
            self._count("hit")
        return page

    def flight_of(self, ask: Ask) -> Flight | None:
        """Return the making of this page that others may wait for."""
        return self._flights.get(ask.key)

    def begin(self, ask: Ask, scope: Scope) -> Flight:
        """Begin the making of a page for which a request is about to be handed to Django."""
        flight = scope[SCOPE] = Flight(ask, self._landed)
        if not self._is_alone(ask):
            self._flights.setdefault(ask.key, flight)
        return flight

    def landed_for(self, ask: Ask, page: Page | None) -> Page | None:
        """Return what one who waited for a page gets: that, if it is new enough for him."""
        if page is not None and page.reaches(ask.token, {}):
            self._count("shared")
            return page
        return self.find(ask)

    def answer(self, ask: Ask, page: Page) -> tuple[list[Header], bytes]:
        """Return the headers and the body for one reader."""
        headers, body = page.zipped if ask.takes_gzip else page.plain
        if cookie := _cookie(ask, page):
            headers = [*headers, cookie]
        if settings.DEBUG:
            headers = [*headers, (b"rookery-read", b"memory")]
        return headers, body

    async def _shared(self, ask: Ask) -> Page | None:
        """Wait for others who make this page; None where this reader is to make it.

        Where the first did not make it for this reader, one of those who waited makes the next.
        """
        for _ in range(MOST_WAITS):
            flight = self.flight_of(ask)
            if flight is None:
                return None
            if page := self.landed_for(ask, await flight.page()):
                return page
        return None

    async def _make(self, flight: Flight, scope: Scope, receive: Receive, send: Send) -> None:
        """Have Django answer, and keep the answer if it is right for longer than this request."""
        ask = flight.ask
        try:
            flight.names = self.pages.named_before(ask.key)
            flight.turn = await self._turn(ask, flight.names)
            if flight.turn.page:
                flight.settle(flight.turn.page)
                await self._answer(ask, flight.turn.page, send)
            else:
                await self.application(scope, receive, send)
        finally:
            flight.land(None)

    async def _turn(self, ask: Ask, names: Sequence[str]) -> Turn:
        """Find out whether another process makes a visitor's page, or has just made it.

        An edge that keeps no pages takes none; where answers are for one reader, nobody waits.
        """
        if ask.key.session or not self.pages.most or self._is_alone(ask):
            return sharing.ALONE
        loop, looking = asyncio.get_running_loop(), sharing.Looking(ask, names)
        while isinstance(turn := await loop.run_in_executor(None, looking.look), float):
            await asyncio.sleep(turn)
        return turn

    def _landed(self, flight: Flight, page: Page | None) -> None:
        ask = flight.ask
        if self._flights.get(ask.key) is flight:
            del self._flights[ask.key]
        if page is None:
            self._stand_alone(ask)
        elif is_current(page, memory.near(), generation()):
            self.pages.keep(page)
        else:
            self.pages.remember(page)
        self._count("alone" if page is None else "taken" if page is flight.turn.page else "made")

    async def _answer(self, ask: Ask, page: Page, send: Send) -> None:
        headers, body = self.answer(ask, page)
        start = {"type": "http.response.start", "status": page.status, "headers": headers}
        await self._closing(send)(start)
        await send({"type": "http.response.body", "body": body})

    def _closing(self, send: Send) -> Send:
        if not self.is_leaving:
            return send

        async def closing(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        return closing

    def _count(self, outcome: str) -> None:
        self.outcomes[outcome] += 1

    def _samples(self) -> Iterator[Sample]:
        for outcome, count in dict(self.outcomes).items():
            yield Sample({"outcome": outcome}, count, "_total")

    def _bytes(self) -> Iterator[Sample]:
        yield Sample({}, self.pages.bytes)

    def _is_alone(self, ask: Ask) -> bool:
        return self._alone.get(ask.key.path, 0.0) > time.monotonic()

    def _stand_alone(self, ask: Ask) -> None:
        if len(self._alone) >= MOST_ALONE:
            self._alone.clear()
        self._alone[ask.key.path] = time.monotonic() + ALONE_SECONDS


def _cookie(ask: Ask, page: Page) -> Header | None:
    """Return what has the reader read nothing older than the page from now on."""
    if not ask.token:
        page.cookie = page.cookie or (_set_cookie(page.token) if page.token else None)
        return page.cookie
    token = dict(ask.token)
    tokens.merge(token, page.token)
    return None if token == ask.kept else _set_cookie(token)


def _set_cookie(token: tokens.Token) -> Header:
    said = f"{conf().cookie}={tokens.encode(token)};{_attributes(int(time.time()) // 60)}"
    return b"set-cookie", said.encode()


@lru_cache(1)
def _attributes(minute: int) -> str:
    """Return what the header says beside the token: the same for a minute, by what it ends at."""
    response = HttpResponse()
    middleware.keep(response, {})
    return response.cookies[conf().cookie].OutputString().partition(";")[2]
