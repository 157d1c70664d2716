"""What each endpoint costs by itself: its time at a low fixed rate, CPU, queries, bytes."""

import gzip
import http.client
import re
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.loadtest import percentiles
from apps.loadtest.errors import CannotRun

# As in a browser that knows neither brotli nor zstd.
HEADERS = {"Accept-Encoding": "gzip"}
TOKEN = "loadtest" * 4
LIKE = re.compile(r'formaction="(/posts/\d+/like)"')
THREAD = re.compile(r'class="when" href="(/@\w+/\d+)"')
PROFILE = re.compile(r'class="name" href="(/@\w+)"')
# The first requests fill caches and open connections: they are no measure of the later ones.
WARM = 20


# CPU seconds and queries, None where they cannot be counted.
Spent = tuple[float | None, float | None]


@dataclass(frozen=True)
class Measured:
    """What an endpoint costs: milliseconds, and queries and bytes of one request."""

    name: str
    p50: float
    p99: float
    p999: float
    cpu_ms: float | None
    queries: float | None
    page_bytes: float
    sent_bytes: float


@dataclass(frozen=True)
class Ask:
    """One request: its name, how to make it, what it must answer."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: str = ""
    status: int = 200


@dataclass(frozen=True)
class Meters:
    """Reads what has been spent so far; both are None where the servers cannot be looked at."""

    cpu_seconds: Callable[[], float] | None = None
    queries: Callable[[], int] | None = None


def asks(url: str, session: str) -> list[Ask]:
    """Return the requests to measure, by links that are on the site now."""
    public = _text(url, Ask("", "GET", "/public", HEADERS))
    threads, profiles = THREAD.findall(public), PROFILE.findall(public)
    if not threads:
        raise CannotRun("The public timeline is empty. Make posts: `manage.py seed_demo`.")
    found = [
        Ask("public", "GET", "/public", HEADERS),
        Ask("thread", "GET", threads[0], HEADERS),
        Ask("profile", "GET", profiles[0], HEADERS),
    ]
    return found + (_signed_in(url, session) if session else [])


def _signed_in(url: str, session: str) -> list[Ask]:
    cookie = f"rookery_session={session}; csrftoken={TOKEN}"
    reading = {**HEADERS, "Cookie": cookie}
    writing = {
        **reading,
        "X-CSRFToken": TOKEN,
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": url,
    }
    found = [Ask("home", "GET", "/", reading)]
    if like := LIKE.search(_text(url, Ask("", "GET", "/public", reading))):
        htmx = {**writing, "HX-Request": "true"}
        found += [
            Ask("like and unlike", "POST", like[1], htmx),
        ]
    body = "text=A+post+of+the+performance+test"
    return [*found, Ask("post", "POST", "/posts/", writing, body, 302)]


def idle(meters: Meters, seconds: float) -> Spent:
    """Return what a second costs in which nobody asks."""
    before = _read(meters)
    time.sleep(seconds)
    return _each(before, _read(meters), seconds)


def measure(
    url: str, ask: Ask, *, count: int, rate: float, meters: Meters, idle: Spent
) -> Measured:
    """Ask `count` times at a fixed rate, each when it is due; return what it cost."""
    line = _connect(url)
    for number in range(WARM):
        _answer(line, _turned(ask, number))
    before, start = _read(meters), time.perf_counter()
    times, whole, sent = [], 0, 0
    for number in range(count):
        due = start + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        page, body = _answer(line, _turned(ask, number))
        times.append(time.perf_counter() - due)
        whole, sent = whole + len(page), sent + len(body)
    seconds = time.perf_counter() - start
    cpu, queries = _each(before, _read(meters), count)
    line.close()
    return Measured(
        ask.name,
        **percentiles.in_ms(sorted(times)),
        cpu_ms=None if cpu is None else max(0.0, 1000 * (cpu - (idle[0] or 0) * seconds / count)),
        queries=None if queries is None else max(0.0, queries - (idle[1] or 0) * seconds / count),
        page_bytes=whole / count,
        sent_bytes=sent / count,
    )


def _each(before: list[Any], after: list[Any], by: float) -> Spent:
    cpu, queries = (None if a is None else (b - a) / by for a, b in zip(before, after, strict=True))
    return cpu, queries


def _turned(ask: Ask, number: int) -> Ask:
    """Return what is asked in turn where something is done and undone."""
    if ask.name != "like and unlike" or number % 2 == 0:
        return ask
    path = ask.path.replace("/like", "/unlike")
    return Ask(ask.name, ask.method, path, ask.headers, ask.body, ask.status)


def _read(meters: Meters) -> list[Any]:
    return [meter() if meter else None for meter in (meters.cpu_seconds, meters.queries)]


def _connect(url: str) -> http.client.HTTPConnection:
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.netloc, timeout=10)


def _answer(line: http.client.HTTPConnection, ask: Ask) -> tuple[bytes, bytes]:
    """Return the body of an answer, unpacked and as it was sent."""
    line.request(ask.method, ask.path, body=ask.body or None, headers=dict(ask.headers))
    answer = line.getresponse()
    body = answer.read()
    if answer.status != ask.status:
        raise CannotRun(
            f"{ask.method} {ask.path} answers {answer.status}, not {ask.status}. See its log."
        )
    packed = answer.getheader("Content-Encoding") == "gzip"
    return gzip.decompress(body) if packed else body, body


def _text(url: str, ask: Ask) -> str:
    line = _connect(url)
    try:
        return _answer(line, ask)[0].decode()
    except OSError as error:
        raise CannotRun(f"{url} does not answer: {error}. Start the site.") from error
    finally:
        line.close()
