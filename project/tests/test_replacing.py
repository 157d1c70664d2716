"""Workers that are replaced stay until those that replace them serve, and no longer."""

import asyncio
import mmap
import signal
from types import SimpleNamespace

import pytest
from uvicorn.config import Config

from project.serving import replacing
from project.serving.worker import WorkerServer


@pytest.fixture(autouse=True)
def board(monkeypatch):
    monkeypatch.setattr(replacing, "_board", mmap.mmap(-1, mmap.PAGESIZE))


def sighup(*, last, workers=2):
    """What the master does before it forks the workers that are older than `last`."""
    replacing.begin(SimpleNamespace(worker_age=last, cfg=SimpleNamespace(workers=workers)))


def server(age):
    return WorkerServer(Config("nothing"), age)


def leaves(server):
    return asyncio.run(server.on_tick(1))


def test_who_is_replaced_leaves_when_all_the_others_serve():
    old = server(2)
    sighup(last=2)
    old.handle_exit(signal.SIGTERM, None)
    assert not leaves(old)
    replacing.serves(3)
    assert not leaves(old)
    replacing.serves(3)
    assert not leaves(old)

    replacing.serves(4)

    assert leaves(old)


def test_who_is_told_twice_leaves():
    old = server(1)
    sighup(last=2)
    old.handle_exit(signal.SIGTERM, None)
    assert not leaves(old)

    old.handle_exit(signal.SIGTERM, None)

    assert leaves(old)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_a_quick_stop_waits_for_nobody(number):
    old = server(1)
    sighup(last=2)

    old.handle_exit(number, None)

    assert leaves(old)


def test_who_is_not_replaced_leaves_at_once():
    first, new = server(1), server(3)
    first.handle_exit(signal.SIGTERM, None)
    sighup(last=2)
    new.handle_exit(signal.SIGTERM, None)

    assert leaves(first)
    assert leaves(new)


def test_who_comes_in_place_of_one_that_failed_counts():
    old = server(2)
    sighup(last=2)
    old.handle_exit(signal.SIGTERM, None)
    replacing.serves(4)

    replacing.serves(5)

    assert leaves(old)


def test_the_next_turn_begins_anew():
    sighup(last=2)
    replacing.serves(3)
    replacing.serves(4)
    old = server(4)
    sighup(last=4, workers=3)
    old.handle_exit(signal.SIGTERM, None)
    for age in (1, 4, 5, 6):
        replacing.serves(age)
    assert not leaves(old)

    replacing.serves(7)

    assert leaves(old)


def test_thousands_that_failed_do_no_harm():
    sighup(last=0, workers=1)

    replacing.serves(mmap.PAGESIZE * 2)

    assert not replacing.others_serve()
