import json
from contextlib import contextmanager

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.cluster import plan as plans
from apps.cluster import processes
from apps.push import listeners, telling
from apps.push.loops import run
from project.tests.test_processes import answers

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

MESSAGES = 30_000
LARGE = "x" * 2000


@pytest.fixture
def push(start_process):
    """A push process: its address, and the process that holds the connections."""
    port = plans.free_ports(1)[0]
    config = ("--config", "python:project.serving.push", "--bind", f"127.0.0.1:{port}")
    started = start_process("gunicorn", *config, ROOKERY_DB_POOL="1")
    assert processes.wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/live"), 30)
    return f"ws://127.0.0.1:{port}/ws/", psutil.Process(started.pid).children()[0]


@contextmanager
def subscribed(address, settings, **options):
    with connect(address, origin=settings.SITE_URL, compression=None, **options) as socket:
        socket.send(json.dumps({"do": "subscribe", "topics": ["public"]}))
        assert json.loads(socket.recv(10)) == {"type": "subscribed", "topic": "public"}
        yield socket


def tell(numbers):
    from channels.layers import get_channel_layer

    told = [(n, "test", 1, {"public": {"n": n, "text": LARGE}}) for n in numbers]
    run(get_channel_layer().group_send(telling.GROUP, {"type": "told", "told": told}))


def test_a_reader_that_does_not_read_costs_little_and_is_cut_with_its_place(push, settings):
    address, server = push
    with (
        subscribed(address, settings, max_queue=None) as quick,
        subscribed(address, settings, max_queue=1) as slow,
    ):
        before = server.memory_info().rss
        heard = 0
        for start in range(1, MESSAGES, 50):
            tell(range(start, start + 50))
            for _ in range(50):
                heard += json.loads(quick.recv(30))["type"] == "event"
        grown = server.memory_info().rss - before
        numbers = []
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                numbers.append(json.loads(slow.recv(30))["data"]["n"])

    print(f"{MESSAGES * len(LARGE) // 2**20} MB told; grown by {grown // 2**20} MB")
    assert heard == MESSAGES
    assert grown < 20 * 2**20 < MESSAGES * len(LARGE)
    assert closed.value.rcvd.code == 4408
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) < MESSAGES - listeners.MOST_WAITING
    assert json.loads(closed.value.rcvd.reason) == {"resume": str(numbers[-1])}
