"""Web and push are replaced under traffic: no request fails, no browser misses an event."""

import asyncio
import http.client
import json
import signal
import threading
import time
import urllib.parse
from contextlib import contextmanager

import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from apps.cluster import plan as plans
from apps.cluster import processes
from apps.posts import services as posts
from apps.push import leaving
from project.tests.test_processes import answers
from project.tests.visitor import Visitor

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

CLIENTS, PER_SECOND = 8, 10
SOCKETS, POSTS = 200, 60


@pytest.fixture
def serve(start_process):
    """Return a function that starts web or push as it is deployed; gives its port and process."""

    def start(name, **variables):
        port = plans.free_ports(1)[0]
        bind = ("--bind", f"127.0.0.1:{port}")
        process = start_process(
            "gunicorn", "--config", f"python:project.serving.{name}", *bind, **variables
        )
        assert processes.wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/live"), 30)
        return port, process

    return start


class Client(threading.Thread):
    """Asks at a steady rate over one connection; a connection that breaks is an error."""

    def __init__(self, port, stop, headers):
        super().__init__()
        self.port, self.stop, self.headers = port, stop, headers
        self.connection, self.good, self.errors, self.opened = None, 0, [], 0
        self.posted = 0

    def run(self):
        while not self.stop.is_set():
            try:
                self.ask()
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(repr(error))
                self.connection.close()
                self.connection = None
            time.sleep(1 / PER_SECOND)
        if self.connection:
            self.connection.close()

    def ask(self):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            self.opened += 1
        posting = self.good % 5 == 4
        form = {"text": f"post {self.good} of {self.name}"} if posting else {}
        self.connection.request(
            "POST" if posting else "GET",
            "/posts/" if posting else "/",
            urllib.parse.urlencode(form),
            {**self.headers, "Content-Type": "application/x-www-form-urlencoded"},
        )
        answer = self.connection.getresponse()
        body = answer.read()
        self.posted += posting
        if answer.status == 302 if posting else answer.status == 200 and b"</html>" in body:
            self.good += 1
        else:
            self.errors.append(f"{answer.status} {body[:80]!r}")
        if answer.will_close:
            self.connection = None


def test_workers_are_replaced_under_load_and_no_request_fails(serve):
    port, master = serve("web")
    visitor = Visitor(f"http://127.0.0.1:{port}")
    visitor.sign_up("reader")
    answered = []
    with traffic(port, visitor) as clients:
        for _ in range(3):
            time.sleep(2)
            before, good = alive(master), counted(clients)[0]
            master.send_signal(signal.SIGHUP)
            assert processes.wait_for(lambda old=before: not old & alive(master), 40)
            answered.append(counted(clients)[0] - good)
        time.sleep(2)

    good, errors = counted(clients)
    opened = sum(client.opened for client in clients)
    print(f"3 replacements under load: {len(errors)} errors of {good + len(errors)}, {opened=}")
    print(f"answered while workers were replaced: {answered}")
    assert errors == []
    # Nobody waits for a new worker to begin: each client's connection is ended by an answer, and
    # until then, and on the next one, it goes on asking.
    assert min(answered) > 3 * CLIENTS
    assert 4 * CLIENTS <= opened < good / 3


def test_a_stop_that_comes_while_workers_are_replaced_is_obeyed(serve):
    port, master = serve("web")
    first = alive(master)
    master.send_signal(signal.SIGHUP)
    assert processes.wait_for(lambda: alive(master) - first, 20)

    master.terminate()

    assert master.wait(50) == 0
    assert not any(psutil.pid_exists(pid) for pid in first)
    assert not answers(f"http://127.0.0.1:{port}/health/live")


@contextmanager
def traffic(port, visitor):
    """Ask at a steady rate, as an account that reads and posts; gives the clients."""
    stop = threading.Event()
    cookies = {cookie.name: cookie.value for cookie in visitor.jar}
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": cookies["csrftoken"],
    }
    clients = [Client(port, stop, headers) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        stop.set()
        for client in clients:
            client.join()


def counted(clients):
    """How many requests were good, and the errors of the others."""
    return sum(c.good for c in clients), [error for c in clients for error in c.errors]


def alive(master):
    return {worker.pid for worker in psutil.Process(master.pid).children()}


class Browser:
    """Does what live.js does: obeys `reconnect`, resumes, and counts an event by its id."""

    def __init__(self, port, origin, finished):
        self.address, self.origin = f"ws://127.0.0.1:{port}/ws/", origin
        self.finished, self.place = finished, None
        self.heard, self.waits, self.codes = set(), [], []

    async def browse(self, ready):
        while not self.finished.is_set():
            pause = 0.5
            try:
                async with connect(self.address, origin=self.origin, compression=None) as socket:
                    await self.subscribe(socket)
                    ready.release()
                    async for text in socket:
                        pause = self.hear(json.loads(text), pause)
            except ConnectionClosed:
                pass
            self.codes.append(socket.close_code)
            await asyncio.sleep(pause)

    async def subscribe(self, socket):
        asked = {"do": "subscribe"} if self.place is None else {"do": "resume", "after": self.place}
        await socket.send(json.dumps({**asked, "topics": ["public"]}))
        assert json.loads(await socket.recv())["type"] == "subscribed"

    def hear(self, message, pause):
        if message["type"] == "event":
            self.heard.add(message["data"]["post_id"])
        if message["type"] == "reconnect":
            self.place = message["resume"]
            self.waits.append(message["after_ms"] / 1000)
            return self.waits[-1]
        return pause


def test_a_replaced_push_process_sends_browsers_away_and_none_misses_an_event(
    serve, settings, make_account, deliver
):
    port, master = serve("push", ROOKERY_DB_POOL="1")
    author = make_account()
    written = []

    def write():
        for number in range(POSTS):
            written.append(str(posts.publish(author_id=author.pk, text=f"post {number}").pk))
            deliver()
            time.sleep(0.1)

    async def scene():
        finished, ready = asyncio.Event(), asyncio.Semaphore(0)
        browsers = [Browser(port, settings.SITE_URL, finished) for _ in range(SOCKETS)]
        tasks = [asyncio.create_task(browser.browse(ready)) for browser in browsers]
        for _ in browsers:
            await asyncio.wait_for(ready.acquire(), 30)
        writing = threading.Thread(target=lambda: (write(), close_connections()))
        writing.start()
        await asyncio.sleep(1.5)
        master.send_signal(signal.SIGHUP)
        await asyncio.to_thread(writing.join)
        for _ in range(200):
            if all(len(browser.heard) == POSTS for browser in browsers):
                break
            await asyncio.sleep(0.1)
        finished.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return browsers

    browsers = asyncio.run(scene())

    waits = [wait for browser in browsers for wait in browser.waits]
    lost = sum(len(set(written) - browser.heard) for browser in browsers)
    print(f"{SOCKETS} browsers sent away for {min(waits):.2f} to {max(waits):.2f} s; lost {lost}")
    assert len(written) == POSTS
    assert lost == 0
    assert [browser.codes[0] for browser in browsers] == [1012] * SOCKETS
    assert len(waits) == SOCKETS
    assert len(set(waits)) > SOCKETS / 2
    assert 0 <= min(waits) < 0.5 < max(waits) <= leaving.seconds_for(SOCKETS)


def close_connections():
    from django.db import connections

    connections.close_all()
