"""The edge as the web process has it, spoken to in ASGI."""

import asyncio
import gzip
import threading
from collections import Counter
from http.cookies import SimpleCookie
from typing import NamedTuple

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

from apps.caching import memory
from apps.cluster import processes
from apps.edge.asgi import Edge
from apps.edge.threads import Threads


class Answer(NamedTuple):
    """What came back; `outcomes` says how, as the edge counts it."""

    status: int
    headers: list
    body: bytes
    outcomes: Counter

    @property
    def text(self):
        zipped = (b"content-encoding", b"gzip") in self.headers
        return (gzip.decompress(self.body) if zipped else self.body).decode()


class Browser:
    """Keeps cookies, and nothing else."""

    def __init__(self, edge, runner):
        self.edge, self.runner, self.cookies = edge, runner, {}

    def sign_in(self, client):
        """Take over the session of a test client that is signed in."""
        self.cookies |= {name: morsel.value for name, morsel in client.cookies.items()}
        self.get("/")
        return self

    def get(self, path, *headers, method="GET"):
        return self.runner.run(self.ask(path, *headers, method=method))

    async def ask(self, path, *headers, method="GET"):
        before, sent = self.edge.outcomes.copy(), []

        async def send(message):
            sent.append(message)

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        await self.edge(self.scope(path, headers, method), receive, send)
        body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
        answer = Answer(sent[0]["status"], sent[0]["headers"], body, self.edge.outcomes - before)
        self.keep(answer)
        return answer

    def keep(self, answer):
        for name, value in answer.headers:
            if name == b"set-cookie":
                found = SimpleCookie(value.decode())
                self.cookies |= {key: morsel.value for key, morsel in found.items()}

    def scope(self, path, headers, method):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        found = [(b"host", b"testserver"), *headers]
        if cookies:
            found.append((b"cookie", cookies.encode()))
        path, _, query = path.partition("?")
        return {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": found,
            "server": ("testserver", 80),
            "client": ("127.0.0.1", 1),
        }


@pytest.fixture
def edge():
    threads = Threads(WSGIHandler(), workers=4)
    yield Edge(threads, most_bytes=2**22)
    begun = threading.Barrier(threads.executor._max_workers)
    for _ in range(begun.parties):
        threads.executor.submit(close_connections, begun)
    threads.executor.shutdown()


def close_connections(begun):
    """Close those of one thread; each takes one such call."""
    begun.wait(5)
    connections.close_all()


@pytest.fixture
def browse(edge):
    """Return a function that makes a browser with no cookies."""
    assert processes.wait_for(lambda: memory.near().trusted, 5)
    with asyncio.Runner() as runner:
        yield lambda: Browser(edge, runner)


@pytest.fixture
def kept(browse):
    """Return a function that asks a browser for a page until it comes from memory."""

    def ask(browser, path):
        answers = []

        def from_memory():
            answers.append(browser.get(path))
            return answers[-1].outcomes["hit"] == 1

        assert processes.wait_for(from_memory, 10), answers[-1].outcomes
        return answers[-1]

    return ask
