"""Server-sent events at /events/, for those who have no WebSocket: one topic a parameter."""

import asyncio
import json
import random
from typing import Any
from urllib.parse import parse_qs

from channels.generic.http import AsyncHttpConsumer
from django.conf import settings
from django.db import DatabaseError

from apps.kernel.errors import RookeryError
from apps.push import hub, visitors
from apps.push.desk import Desk, SessionOver, place_in
from apps.push.listeners import Message, TooSlow
from apps.push.missed import Gone, Interest
from apps.push.topics import Refused

# Proxies end what is silent for a minute.
SILENCE_SECONDS = 15.0
CHECK_EVERY = 4
JSON = "application/json"


class Stream(AsyncHttpConsumer):  # type: ignore[misc]  # Channels ships no types
    """A response that goes on: events with their ids, so that `Last-Event-ID` resumes."""

    # Its events come by the hub, not over a channel of its own.
    channel_layer_alias = ""

    async def http_request(self, message: dict[str, Any]) -> None:
        """Answer with a stream, or with the reason why not; the disconnection ends it."""
        origin = visitors.header(self.scope, b"origin")
        if self.scope["method"] != "GET":
            await self.refuse(405, "Ask with GET.")
        elif origin not in ("", settings.SITE_URL):
            await self.refuse(403, f"Pages of {origin[:100]} may not listen here.")
        else:
            await self.answer()

    async def disconnect(self) -> None:
        """Forget the listener."""
        hub.current().guests.discard(self)
        if hasattr(self, "desk"):
            self.desk.leave()
        if hasattr(self, "sender"):
            self.sender.cancel()

    async def answer(self) -> None:
        """Subscribe, tell what was missed, then go on telling."""
        self.desk = Desk(visitors.header(self.scope, b"cookie"))
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("topic", [])
        place = visitors.header(self.scope, b"last-event-id")
        try:
            after = place_in(place) if place else None
            await self.desk.open()
            interests = [await self.desk.subscribe(label) for label in asked[:50]]
            if not interests:
                raise Refused("Say which topics: /events/?topic=public")
        except Refused as refusal:
            await self.refuse(403, str(refusal))
        except (DatabaseError, RookeryError):
            await self.refuse(503, "A server is away. Come back in a moment.")
        else:
            await self.begin()
            await self.tell(after, interests)

    async def begin(self) -> None:
        """Send the headers; whoever comes back after a restart comes at a moment of its own."""
        await self.send_headers(headers=self.heads("text/event-stream"))
        await self.write(f"retry: {random.randint(2000, 10000)}\n\n")

    async def tell(self, after: int | None, interests: list[Interest]) -> None:
        """Send what was missed, then what comes; ends where the reader is too slow."""
        try:
            for event in await self.desk.missed(after, interests) if after else ():
                await self.send_event(event)
        except Gone as gone:
            await self.write(f"event: reset\ndata: {json.dumps({'reason': str(gone)})}\n\n")
        self.sender = asyncio.create_task(self.send_events())
        hub.current().join(self)

    async def send_events(self) -> None:
        """Send what waits, and a comment into long silences."""
        silences = 0
        try:
            while True:
                try:
                    event = await asyncio.wait_for(self.desk.listener.next(), SILENCE_SECONDS)
                except TimeoutError:
                    silences += 1
                    if silences % CHECK_EVERY == 0:
                        await self.desk.check()
                    await self.write(": still here\n\n")
                else:
                    await self.send_event(event)
        except (TooSlow, SessionOver, DatabaseError):
            await self.send_body(b"", more_body=False)

    async def send_away(self, wait: float) -> None:
        """Tell the client to come back after some seconds; it resumes by `Last-Event-ID`."""
        self.sender.cancel()
        listener = self.desk.listener
        last = f"id: {listener.place or listener.came}\nretry: {round(wait * 1000)}\n\n"
        await self.send_body(last.encode(), more_body=False)

    async def say_of_server(self, kind: str, name: str) -> None:
        """Say that a server has gone or is back; no event of the log, so it has no id."""
        await self.write(f"event: {kind}\ndata: {json.dumps({'server': name})}\n\n")

    async def send_event(self, event: Message) -> None:
        """Send one event."""
        data = json.dumps({**event.data, "seen": event.seen} if event.seen else event.data)
        place = f"id: {event.event_id}\n" if event.event_id else ""
        await self.write(f"{place}event: {event.label}\ndata: {data}\n\n")
        self.desk.listener.given(event)

    async def write(self, text: str) -> None:
        """Send a piece of the stream."""
        await self.send_body(text.encode(), more_body=True)

    async def refuse(self, status: int, reason: str) -> None:
        """Answer with a reason in JSON."""
        body = json.dumps({"reason": reason}).encode()
        await self.send_response(status, body, headers=self.heads(JSON))

    def heads(self, kind: str) -> list[tuple[bytes, bytes]]:
        """Return the headers; only the site's own pages may read the answer."""
        return [
            (b"Content-Type", kind.encode()),
            (b"Cache-Control", b"no-store"),
            (b"X-Accel-Buffering", b"no"),
            (b"Access-Control-Allow-Origin", settings.SITE_URL.encode()),
            (b"Access-Control-Allow-Credentials", b"true"),
            (b"Vary", b"Origin"),
        ]
