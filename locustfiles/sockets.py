"""The WebSocket of an open page: it subscribes, and notes when it is told of a reply."""

import contextlib
import json

import gevent
import mix
import recording
import websocket
from websocket import WebSocketException

from apps.loadtest import pages


class Page:
    """One connection; a greenlet reads it as long as it is open."""

    def __init__(self, address: str, site: str, cookie: str) -> None:
        self.address, self.site, self.cookie = address, site, cookie
        self.is_open = False
        self.waiting: dict[str, float] = {}
        self.came: dict[str, float] = {}
        self.line: websocket.WebSocket | None = None

    def open(self) -> str:
        """Connect and subscribe; returns what went wrong."""
        try:
            self.line = websocket.create_connection(
                self.address, timeout=mix.TIMEOUT, origin=self.site, cookie=self.cookie
            )
            self.line.send(json.dumps({"do": "subscribe", "topics": pages.TOPICS}))
            for _ in pages.TOPICS:
                if (message := self._answer())["type"] != "subscribed":
                    return f"{message['type']}: {message.get('reason', '')}"
        except (OSError, WebSocketException, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        self.is_open = True
        gevent.spawn(self._read)
        return ""

    def expect(self, number: str, stored: float) -> None:
        """Be told of a post that was stored at a time, perhaps already."""
        if (came := self.came.pop(number, None)) is not None:
            self._told(stored, came - stored)
            return
        self.waiting[number] = stored
        gevent.spawn_later(mix.TOLD_WITHIN, self._missed, number)

    def close(self) -> None:
        """End; what was not told yet is no longer waited for."""
        self.is_open = False
        self.waiting.clear()
        if self.line is not None:
            with contextlib.suppress(OSError, WebSocketException):
                self.line.close(timeout=0)

    def _answer(self) -> dict:
        # Events may come between the answers to what was asked.
        while True:
            message = json.loads(self.line.recv())
            if message["type"] != "event":
                return message

    def _read(self) -> None:
        self.line.settimeout(None)
        try:
            while text := self.line.recv():
                message = json.loads(text)
                if message["type"] == "event" and message["topic"] == "home":
                    self._hear(message["data"]["post_id"])
        except (OSError, WebSocketException, ValueError):
            self.is_open = False

    def _hear(self, number: str) -> None:
        moment = recording.now()
        if (stored := self.waiting.pop(number, None)) is not None:
            self._told(stored, moment - stored)
        else:
            self.came[number] = moment
            while len(self.came) > 50:
                del self.came[next(iter(self.came))]

    def _missed(self, number: str) -> None:
        if (stored := self.waiting.pop(number, None)) is not None:
            self._told(stored, mix.TOLD_WITHIN, f"not told in {mix.TOLD_WITHIN:g} s")

    def _told(self, stored: float, took: float, error: str = "") -> None:
        recording.add(mix.TOLD, stored, max(0.0, took), 0.0, error)
