"""Answers on their way from a thread to the event loop."""

import asyncio
import threading

import pytest

from apps.edge.threads import Threads

SCOPE = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "root_path": "",
    "query_string": b"",
    "http_version": "1.1",
    "headers": [],
}


def answered(pieces, *, slow=0.0):
    """Return what an ASGI server is given of an answer of some pieces, and what was sent when."""
    made, given = [], []

    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        for piece in pieces:
            made.append(len(given))
            yield piece

    async def send(message):
        await asyncio.sleep(slow)
        given.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    threads = Threads(application, workers=1)
    asyncio.run(threads(dict(SCOPE), receive, send))
    threads.executor.shutdown()
    return given, made


@pytest.mark.parametrize("pieces", [[], [b"all"], [b"one", b"two", b"three"]])
def test_an_answer_arrives_whole_and_in_order(pieces):
    given, _ = answered(pieces)

    assert given[0]["type"] == "http.response.start"
    assert given[0]["status"] == 200
    assert b"".join(message["body"] for message in given[1:]) == b"".join(pieces)
    assert [message.get("more_body", False) for message in given[1:]] == [True] * len(pieces) + [
        False
    ]


def test_a_long_answer_is_made_no_faster_than_it_is_read():
    given, made = answered([b"piece"] * 60, slow=0.002)

    assert len(given) == 62
    assert max(number - sent for number, sent in enumerate(made)) <= 15


def test_what_fails_on_the_thread_is_raised_where_it_is_awaited():
    def application(environ, start_response):
        raise ZeroDivisionError(threading.current_thread().name)

    async def nothing(message=None):
        raise AssertionError("nothing was to be sent or read")

    threads = Threads(application, workers=1)
    with pytest.raises(ZeroDivisionError, match="WSGI"):
        asyncio.run(threads(dict(SCOPE), nothing, nothing))
    threads.executor.shutdown()
