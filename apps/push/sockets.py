"""The WebSocket: one a browser, for all that it subscribes to. docs/push.md has the protocol."""

import asyncio
import json
import time
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError

from apps.kernel.errors import RookeryError
from apps.push import hub, visitors
from apps.push.desk import Desk, SessionOver, place_in
from apps.push.limits import LARGEST_MESSAGE, Allowance
from apps.push.listeners import Message, TooSlow
from apps.push.missed import Gone
from apps.push.topics import Refused

# RFC 6455's registry: the service restarts.
RESTART = 1012
BAD_MESSAGE, SESSION_OVER, TOO_SLOW, TOO_MUCH, UNAVAILABLE = 4400, 4401, 4408, 4429, 4503
CHECK_SECONDS = 60.0
LABELS = "Say which topics: a list of 1 to 50 names."


class Socket(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels ships no types
    """Takes JSON messages with a `do`, each answered; sends events as they are told."""

    # Its events come by the hub, not over a channel of its own.
    channel_layer_alias = ""

    async def connect(self) -> None:
        """Accept, and find out who is there."""
        await self.begin(Desk(visitors.header(self.scope, b"cookie")))

    async def begin(self, desk: Desk, protocol: str | None = None) -> None:
        """Accept, in a protocol that was offered, and find out who is at a desk."""
        self.desk = desk
        self.allowance = Allowance(time.monotonic())
        self.checked = time.monotonic()
        self.turn = asyncio.Lock()
        await self.accept(protocol)
        hub.current().join(self)
        if await self.guarded(self.desk.open()):
            self.sender = asyncio.create_task(self.send_events())

    async def disconnect(self, code: int) -> None:
        """Forget the listener."""
        hub.current().guests.discard(self)
        self.desk.leave()
        if hasattr(self, "sender"):
            self.sender.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Do what the browser asks for."""
        if not self.allowance.take(time.monotonic()):
            await self.close(TOO_MUCH, "Too many messages. Come back in a minute.")
        elif text_data is None or len(text_data) > LARGEST_MESSAGE:
            await self.close(BAD_MESSAGE, f"Send text of at most {LARGEST_MESSAGE} characters.")
        else:
            await self.guarded(self.do(text_data))

    async def guarded(self, work: Any) -> bool:
        """Do some work; what goes wrong closes the connection with the reason."""
        try:
            await work
        except SessionOver:
            await self.close(SESSION_OVER, "You are signed out here. Load the page again.")
        except (DatabaseError, RookeryError):
            await self.close(UNAVAILABLE, "A server is away. Come back in a moment.")
        else:
            return True
        return False

    async def do(self, text: str) -> None:
        """Carry out one message."""
        try:
            message = json.loads(text)
            verb = {
                "subscribe": self.subscribe,
                "resume": self.resume,
                "unsubscribe": self.unsubscribe,
                "ping": self.ping,
            }[message["do"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            reason = "Send JSON with a “do”: subscribe, resume, unsubscribe or ping."
            await self.say("error", reason=reason)
            return
        try:
            await verb(message)
        except Refused as refusal:
            await self.say("error", reason=str(refusal))

    async def subscribe(self, message: dict[str, Any]) -> list[Any]:
        """Subscribe to topics; each is granted or refused for itself."""
        interests = []
        for label in _labels(message):
            try:
                interests.append(await self.desk.subscribe(label))
            except Refused as refusal:
                await self.say("refused", topic=label, reason=str(refusal))
            else:
                await self.say("subscribed", topic=label)
        return interests

    async def resume(self, message: dict[str, Any]) -> None:
        """Subscribe, and tell what was missed before anything that is new."""
        after = place_in(message.get("after"))
        async with self.turn:
            interests = await self.subscribe(message)
            try:
                told = await self.desk.missed(after, interests)
            except Gone as gone:
                await self.say("reset", topics=_labels(message), reason=str(gone))
                return
            for event in told:
                await self.send_event(event)
            await self.say("resumed", events=len(told))

    async def unsubscribe(self, message: dict[str, Any]) -> None:
        """Hear topics no longer."""
        for label in _labels(message):
            hub.current().unsubscribe(self.desk.listener, label)
            await self.say("unsubscribed", topic=label)

    async def ping(self, message: dict[str, Any]) -> None:
        """Answer, and see once a minute whether the session is still good."""
        if time.monotonic() - self.checked > CHECK_SECONDS:
            await self.desk.check()
            self.checked = time.monotonic()
        await self.say("pong")

    async def send_events(self) -> None:
        """Send what waits; a browser that takes too little is cut, with a place to resume from."""
        try:
            while True:
                event = await self.desk.listener.next()
                async with self.turn:
                    await self.send_event(event)
        except TooSlow as slow:
            await self.close(TOO_SLOW, json.dumps({"resume": str(slow.place)}))

    async def send_away(self, wait: float) -> None:
        """Tell the browser to come back after some seconds and resume; the process ends."""
        async with self.turn:
            place = str(self.desk.listener.place or self.desk.listener.came)
            await self.say("reconnect", after_ms=round(wait * 1000), resume=place)
            await self.close(RESTART, "This server restarts. Come back and resume.")

    async def say_of_server(self, kind: str, name: str) -> None:
        """Say that a server has gone or is back: who waits for it tries again."""
        await self.say(kind, server=name)

    async def send_event(self, event: Message) -> None:
        """Send one event; one of the moment has no id to resume after."""
        fields = {"id": str(event.event_id or ""), "seen": event.seen, "request": event.request_id}
        known = {name: value for name, value in fields.items() if value}
        await self.say("event", topic=event.label, data=event.data, **known)
        self.desk.listener.given(event)

    async def say(self, kind: str, **fields: Any) -> None:
        """Send one message."""
        await self.send(json.dumps({"type": kind, **fields}))


def _labels(message: dict[str, Any]) -> list[Any]:
    found = message.get("topics")
    if not isinstance(found, list) or not 0 < len(found) <= 50:
        raise Refused(LABELS)
    return found
