"""Limits are one for all processes, hold where many come at once, and degrade as declared."""

import socket
import subprocess
import sys
import threading
import time

import pytest
import redis

from apps.throttling import counters, limits
from apps.throttling.errors import TooMany
from apps.throttling.limits import Away, By
from apps.throttling.pace import Pace

GUARDED = limits.Limit("test-guarded", Pace(5, 60.0), By.NAME, Away.HERE, "tests")
LOOSE = limits.Limit("test-loose", Pace(5, 60.0), By.NAME, Away.LETS, "tests")


def taken(limit, who, tries):
    """How many of so many tries are let."""
    count = 0
    for _ in range(tries):
        try:
            limits.hold({limit: who})
        except TooMany:
            continue
        count += 1
    return count


def test_so_many_at_once_then_the_wait_is_named(held):
    assert taken(GUARDED, "ada", 8) == 5
    assert taken(GUARDED, "wren", 1) == 1

    with pytest.raises(TooMany) as refusal:
        limits.hold({GUARDED: "ada"})

    assert 1 <= refusal.value.wait <= 12
    assert "Try again in" in str(refusal.value)


def test_of_forty_threads_at_once_exactly_the_limit_gets_through(held):
    barrier, counts = threading.Barrier(40), []

    def go():
        barrier.wait()
        counts.append(taken(GUARDED, "crowd", 1))

    threads = [threading.Thread(target=go) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts) == 5


def test_another_process_counts_with_this_one(held, topology, settings):
    program = (
        "import django; django.setup()\n"
        "from apps.throttling.tests.test_limits import GUARDED, taken\n"
        "print(taken(GUARDED, 'shared', 9))"
    )
    assert taken(GUARDED, "shared", 2) == 2
    environ = {
        "PATH": "",
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "ROOKERY_TOPOLOGY": topology,
        "ROOKERY_SECRET_KEY": settings.SECRET_KEY,
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        cwd=settings.BASE_DIR,
        env=environ,
        check=True,
    )

    assert done.stdout.decode().split()[-1] == "3"


def test_what_is_refused_by_one_limit_counts_for_none(held):
    assert taken(GUARDED, "full", 5) == 5
    for _ in range(20):
        with pytest.raises(TooMany):
            limits.hold({LOOSE: "other", GUARDED: "full"})

    assert taken(LOOSE, "other", 9) == 5


def test_what_is_given_back_does_not_count(held):
    for _ in range(20):
        limits.give_back(limits.hold({GUARDED: "right"}))

    assert taken(GUARDED, "right", 9) == 5


def test_keys_hold_no_name_and_end_by_themselves(held):
    limits.hold({GUARDED: "ada@example.org"})

    (key,) = counters.server().scan_iter("limit:test-guarded:*")

    assert b"ada" not in key
    assert 0 < counters.server().pttl(key) <= 60_000


@pytest.fixture
def away(monkeypatch):
    """The server that all units count at refuses connections; returns how often it was asked."""
    asked = []

    def refuse(*_):
        asked.append(1)
        raise redis.ConnectionError("refused")

    monkeypatch.setattr(limits._shared, "_run", refuse)
    return asked


def test_without_the_server_each_limit_does_what_it_declares(held, away):
    assert taken(GUARDED, "ada", 9) == 5
    assert taken(LOOSE, "ada", 9) == 9
    assert limits.outcomes()["test-loose", "let"] >= 9
    assert limits.outcomes()["test-guarded", "here"] >= 5


def test_a_server_that_is_away_is_not_asked_each_time(held, away):
    taken(LOOSE, "ada", 50)

    assert len(away) == 1


def test_a_server_that_hangs_costs_half_a_second_and_not_each_time(held, monkeypatch, settings):
    known = settings.THROTTLING_URL
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.THROTTLING_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        counters.server.cache_clear()
        begun = time.monotonic()
        assert taken(LOOSE, "ada", 20) == 20
        took = time.monotonic() - begun
        counters.server().close()
    settings.THROTTLING_URL = known
    counters.server.cache_clear()

    assert took < 4 * counters.SECONDS


def test_the_operators_pace_takes_the_place_of_the_limits_own(held):
    held(test_guarded=Pace(2, 60.0))

    assert taken(GUARDED, "ada", 9) == 2


def test_off_nothing_is_counted(held, settings):
    settings.THROTTLING_LIMITS = (False, {})

    assert taken(GUARDED, "ada", 30) == 30
