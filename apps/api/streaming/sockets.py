"""Streams over a WebSocket: as many as an app likes on one connection."""

import json
from typing import Any

from apps.api.streaming import streams
from apps.api.streaming.desks import TokenDesk, query_of
from apps.api.streaming.streams import Open, Unknown
from apps.push import hub
from apps.push import sockets as push
from apps.push.listeners import Message
from apps.push.sockets import RESTART
from apps.push.topics import Refused

MOST_STREAMS = 50


class StreamSocket(push.Socket):
    """Takes JSON with a `type`, subscribe or unsubscribe; sends events as they are told."""

    desk: TokenDesk

    async def connect(self) -> None:
        """Accept, find out who is there, and open the stream that the address names."""
        self.open = Open()
        protocols = self.scope.get("subprotocols") or [None]
        await self.begin(TokenDesk(self.scope), protocols[0])
        first = query_of(self.scope)
        if first.get("stream") and hasattr(self, "sender"):
            await self.guarded(self.do(json.dumps({"type": "subscribe", **first})))

    async def do(self, text: str) -> None:
        """Carry out one message; what has no sense is said so."""
        try:
            message = json.loads(text)
            verb = {"subscribe": self.open_one, "unsubscribe": self.close_one}[message["type"]]
            await verb(message)
        except (ValueError, KeyError, TypeError, RecursionError):
            await self.send(json.dumps({"error": "Send JSON: a type, subscribe or unsubscribe"}))
        except (Refused, Unknown) as refusal:
            await self.send(json.dumps({"error": str(refusal), "status": 400}))

    async def open_one(self, message: dict[str, Any]) -> None:
        """Open a stream."""
        stream = streams.asked(str(message.get("stream")), str(message.get("tag") or ""))
        self.desk.permit(stream)
        if len(self.open) >= MOST_STREAMS:
            raise Refused(f"A connection may have {MOST_STREAMS} streams.")
        for topic in self.open.add(stream):
            await self.desk.subscribe(topic)

    async def close_one(self, message: dict[str, Any]) -> None:
        """Close a stream."""
        stream = streams.asked(str(message.get("stream")), str(message.get("tag") or ""))
        for topic in self.open.remove(stream):
            hub.current().unsubscribe(self.desk.listener, topic)

    async def send_events(self) -> None:
        """Send what waits, for as long as the token holds."""
        await self.guarded(super().send_events())

    async def send_event(self, event: Message) -> None:
        """Send one event on each stream that it belongs on."""
        hearing = self.open.hearing(event.label)
        said = await self.desk.said(event) if hearing else None
        if said is not None:
            fields = {"event": said.event, "payload": said.payload}
            for stream in hearing:
                if said.is_for(stream):
                    await self.send(json.dumps({"stream": stream.label, **fields}))
        self.desk.listener.given(event)

    async def send_away(self, wait: float) -> None:
        """Have the app come back: it asks for what it missed by pages."""
        async with self.turn:
            await self.close(RESTART, "This server restarts. Come back.")
