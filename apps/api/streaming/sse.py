"""Streams as server-sent events: one a connection, at an address of its own."""

import json
from typing import Any

from django.db import DatabaseError

from apps.api.streaming import streams
from apps.api.streaming.desks import TokenDesk, query_of
from apps.api.streaming.streams import Stream, Unknown
from apps.kernel.errors import RookeryError
from apps.push import streams as push
from apps.push.desk import SessionOver
from apps.push.listeners import Message
from apps.push.topics import Refused

PREFIX = "/api/v1/streaming/"


class EventStream(push.Stream):
    """Tells an app of what is new; who comes back asks for what it missed by pages."""

    desk: TokenDesk

    async def http_request(self, message: dict[str, Any]) -> None:
        """Answer with a stream, or with the reason why not."""
        path = self.scope["path"].removeprefix(PREFIX).rstrip("/")
        if path == "health":
            await self.send_response(200, b"OK", headers=self.heads("text/plain"))
        elif self.scope["method"] != "GET":
            await self.refuse(405, "Ask with GET.")
        else:
            await self.listen(streams.PATHS.get(path, path))

    async def listen(self, name: str) -> None:
        """Subscribe to what the stream is made of, then go on telling."""
        self.desk = TokenDesk(self.scope)
        try:
            self.stream = streams.asked(name, query_of(self.scope).get("tag", ""))
            await self.subscribe(self.stream)
        except SessionOver:
            await self.refuse(401, "The access token is invalid")
        except Refused as refusal:
            await self.refuse(403 if self.desk.listener.account_id else 401, str(refusal))
        except Unknown as unknown:
            await self.refuse(404, str(unknown))
        except (DatabaseError, RookeryError):
            await self.refuse(503, "A server is away. Come back in a moment.")
        else:
            await self.send_headers(headers=self.heads("text/event-stream"))
            await self.write(":)\n")
            await self.tell(None, [])

    async def subscribe(self, stream: Stream) -> None:
        """Find out who is there, and what the stream hears; raises what stands against it."""
        await self.desk.open()
        self.desk.permit(stream)
        for topic in stream.topics:
            await self.desk.subscribe(topic)

    async def send_event(self, event: Message) -> None:
        """Send one event, where it belongs on this stream."""
        said = await self.desk.said(event)
        if said is not None and said.is_for(self.stream):
            await self.write(f"event: {said.event}\ndata: {said.payload}\n\n")
        self.desk.listener.given(event)

    async def refuse(self, status: int, reason: str) -> None:
        """Answer with a reason in JSON, as the rest of the API does."""
        body = json.dumps({"error": reason}).encode()
        await self.send_response(status, body, headers=self.heads(push.JSON))

    def heads(self, kind: str) -> list[tuple[bytes, bytes]]:
        """Return the headers; a token gives the right, so any site's page may read the answer."""
        return [
            (b"Content-Type", kind.encode()),
            (b"Cache-Control", b"no-store"),
            (b"X-Accel-Buffering", b"no"),
            (b"Access-Control-Allow-Origin", b"*"),
        ]
