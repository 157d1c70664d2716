"""A listener: what one connection still has to be told, bounded, and what it is subscribed to."""

import asyncio
from typing import Any, NamedTuple

from apps.push.topics import Data, Subscription

# A browser that is so many messages behind is cut, with a place to resume from.
MOST_WAITING = 200


class Message(NamedTuple):
    """What a browser is told of one event (0: of none) under one of its subscriptions.

    `seen` is the token that it must hand back to find there what it is told of; `request_id` is the
    request that the event follows from.
    """

    event_id: int
    label: str
    data: Data
    seen: str = ""
    request_id: str = ""


class TooSlow(Exception):
    """The connection takes less than it is told; `place` is the last event that it was given."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class Listener:
    """One connection, for an account (0: a visitor)."""

    def __init__(self, account_id: int, came: int = 0) -> None:
        self.account_id = account_id
        self.subscriptions: dict[str, Subscription] = {}
        # It may resume from the event that it was given last, before that from when it came.
        self.came, self.place = came, 0
        self._waiting: dict[Any, Message] = {}
        self._woken = asyncio.Event()
        self._overrun = False

    def offer(
        self,
        subscription: Subscription,
        event_id: int,
        data: Data,
        seen: str = "",
        request_id: str = "",
    ) -> None:
        """Have a message wait to be sent; one that it makes needless is replaced."""
        label = subscription.label
        once: Any = label if subscription.topic.latest_only else (label, event_id)
        self._waiting[once] = Message(event_id, label, data, seen, request_id)
        if len(self._waiting) > MOST_WAITING:
            self._overrun = True
            self._waiting.clear()
        self._woken.set()

    async def next(self) -> Message:
        """Wait for the next message to send; raises TooSlow where there were too many."""
        while not self._waiting and not self._overrun:
            self._woken.clear()
            await self._woken.wait()
        if self._overrun:
            raise TooSlow(self.place)
        return self._waiting.pop(next(iter(self._waiting)))

    def given(self, message: Message) -> None:
        """Note that a message is sent: from there the browser may resume."""
        self.place = max(self.place, message.event_id)

    def __len__(self) -> int:
        return len(self._waiting)
