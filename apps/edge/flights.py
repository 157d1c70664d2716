"""One request makes a page; those that ask for the same meanwhile get it from its hand."""

import asyncio
from collections.abc import Callable, Sequence

from apps.edge import sharing
from apps.edge.asks import Ask
from apps.edge.pages import Page

# Where an ASGI scope carries its flight to Django, which runs on another thread.
SCOPE = "rookery.flight"


class Flight:
    """A page that is being made. Begun on the event loop, landed from any thread.

    `landed` is called on the event loop, once, before those who wait go on. `turn` says for whom
    beyond this process it is made, `names` are those of the versions of the page before.
    """

    turn = sharing.ALONE
    names: Sequence[str] = ()

    def __init__(self, ask: Ask, landed: "Callable[[Flight, Page | None], None]") -> None:
        self.ask = ask
        self._landed = landed
        self._loop = asyncio.get_running_loop()
        self._page: asyncio.Future[Page | None] = self._loop.create_future()

    def land(self, page: Page | None) -> None:
        """Give the page to those who wait; None where the answer is for one reader alone."""
        self._loop.call_soon_threadsafe(self.settle, page)

    def then(self, call: "Callable[[asyncio.Future[Page | None]], object]") -> None:
        """Call something with it once it has landed, on the event loop."""
        self._page.add_done_callback(call)

    async def page(self) -> Page | None:
        """Wait for it."""
        return await asyncio.shield(self._page)

    def settle(self, page: Page | None) -> None:
        """Do the same on the event loop, at once."""
        if not self._page.done():
            self._landed(self, page)
            self._page.set_result(page)
