"""The requests of the mix, each by itself: how it is made, and what it must answer."""

import gzip
import http.client
import json
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

import websocket

from apps.loadtest import pages
from apps.loadtest.errors import CannotRun

# As in a browser that knows neither brotli nor zstd.
HEADERS = {"Accept-Encoding": "gzip"}
TIMEOUT = 10
# Asks for the n-th time; returns the body of the answer, unpacked and as it was sent.
Asking = Callable[[int], tuple[bytes, bytes]]


@dataclass(frozen=True)
class Request:
    """A request over HTTP; `turns` are paths and bodies, of several each is asked in its turn."""

    name: str
    method: str
    turns: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    status: int = 200

    @contextmanager
    def asking(self, url: str) -> Iterator[Asking]:
        """Give the function that asks, on one connection."""
        parts = urllib.parse.urlsplit(url)
        https = parts.scheme == "https"
        kind = http.client.HTTPSConnection if https else http.client.HTTPConnection
        with closing(kind(parts.netloc, timeout=TIMEOUT)) as line:
            yield lambda number: self._answer(line, *self.turns[number % len(self.turns)])

    def _answer(
        self, line: http.client.HTTPConnection, path: str, body: str
    ) -> tuple[bytes, bytes]:
        line.request(self.method, path, body=body or None, headers=dict(self.headers))
        answer = line.getresponse()
        sent = answer.read()
        if answer.status != self.status:
            raise CannotRun(
                f"{self.method} {path} answers {answer.status}, not {self.status}. See its log."
            )
        packed = answer.getheader("Content-Encoding") == "gzip"
        return gzip.decompress(sent) if packed else sent, sent


@dataclass(frozen=True)
class Subscription:
    """A WebSocket as a page opens it: from connecting until it is subscribed to all topics."""

    name: str
    address: str
    headers: Mapping[str, str]
    origin: str

    @contextmanager
    def asking(self, _: str) -> Iterator[Asking]:
        """Give the function that subscribes, on a connection of its own each time."""
        yield self._subscribe

    def _subscribe(self, _: int) -> tuple[bytes, bytes]:
        try:
            with self._connected() as line:
                line.send(json.dumps({"do": "subscribe", "topics": pages.TOPICS}))
                said = b"".join(self._answers(line))
        except (OSError, websocket.WebSocketException) as error:
            raise CannotRun(f"{self.address} does not answer: {error}. See its log.") from error
        return said, said

    @contextmanager
    def _connected(self) -> Iterator[websocket.WebSocket]:
        line = websocket.create_connection(
            self.address, timeout=TIMEOUT, origin=self.origin, header=dict(self.headers)
        )
        try:
            yield line
        finally:
            # Leaves without waiting for a good-bye: that is no part of the time.
            line.close(timeout=0)

    def _answers(self, line: websocket.WebSocket) -> Iterator[bytes]:
        missing = set(pages.TOPICS)
        while missing:
            message = json.loads(text := line.recv())
            # Events may come between the answers to what was asked.
            if message["type"] == "subscribed":
                missing.discard(message["topic"])
            elif message["type"] != "event":
                raise CannotRun(f"{self.address} refuses to subscribe: {message}. See its log.")
            yield text.encode() if isinstance(text, str) else text


Ask = Request | Subscription


def of_the_mix(url: str, session: str) -> list[Ask]:
    """Return what to measure, by links that are on the site now; writes come last."""
    public = _text(url, HEADERS)
    threads, profiles = pages.THREAD.findall(public), pages.PROFILE.findall(public)
    if not threads:
        raise CannotRun("The public timeline is empty. Make posts: `manage.py seed_demo`.")
    found: list[Ask] = [_page("public", "/public")]
    if more := pages.MORE.search(public):
        found.append(_page("older", f"/public{more[1]}"))
    found += [_page("thread", threads[0]), _page("profile", profiles[0])]
    return found + (_of_members(url, session, threads, profiles[0]) if session else [])


def _of_members(url: str, session: str, threads: list[str], profile: str) -> list[Ask]:
    cookie = pages.signed_in(session)
    writing = {**HEADERS, **pages.writing(session, url)}
    public = _text(url, {**HEADERS, **cookie})
    found: list[Ask] = [
        _page("home", "/", cookie),
        _page("thread, signed in", threads[0], cookie),
        _page("profile, signed in", profile, cookie),
    ]
    if address := pages.push_address(public, url):
        found.append(Subscription("subscribe", address, cookie, url))
    if like := pages.LIKE.search(public):
        post = like[1].rpartition("/")[0]
        turns = [(f"{post}/like", ""), (f"{post}/unlike", "")]
        found.append(Request("like and unlike", "POST", turns, {**writing, "HX-Request": "true"}))
    text = "text=A+post+of+the+performance+test"
    replies = [f"{text}&in_reply_to={path.rpartition('/')[2]}" for path in threads]
    return [
        *found,
        Request("post", "POST", [("/posts/", text)], writing, 302),
        Request("reply", "POST", [("/posts/", reply) for reply in replies], writing, 302),
    ]


def _page(name: str, path: str, cookie: Mapping[str, str] | None = None) -> Request:
    return Request(name, "GET", [(path, "")], {**HEADERS, **(cookie or {})})


def _text(url: str, headers: Mapping[str, str]) -> str:
    """Return the public timeline."""
    try:
        with Request("", "GET", [("/public", "")], headers).asking(url) as ask:
            return ask(0)[0].decode()
    except OSError as error:
        raise CannotRun(f"{url} does not answer: {error}. Start the site.") from error
