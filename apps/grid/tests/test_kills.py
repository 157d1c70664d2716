"""Processes that read and write one cache while its server and connections are shot at."""

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from django.conf import settings

from apps.cluster import processes
from apps.grid.tests.test_backend import make, trusted
from apps.grid.tracking import PATIENCE

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 10
WRITER = """
import sys, time, django
django.setup()
from apps.grid.tests.test_backend import make
cache = make(KEY_PREFIX="late")
for line in sys.stdin:
    cache.set("a", int(line))
    print(time.monotonic(), flush=True)
"""
READER = """
import sys, django
django.setup()
from apps.grid.tests.test_backend import make, trusted
cache = make(KEY_PREFIX="sleepy")
assert trusted(cache)
for line in sys.stdin:
    cache.get("a")
    print(cache.get("a"), cache.near.hits, flush=True)
"""
pytestmark = pytest.mark.cluster


@pytest.fixture(autouse=True)
def _running(cluster):
    yield
    with suppress(AttributeError, ProcessLookupError):
        cluster.valkey().process.resume()
    cluster.up()


def start(*arguments):
    variables = {"ROOKERY_HOME": str(settings.HOME), "DJANGO_SETTINGS_MODULE": "project.settings"}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def shoot(cluster, end):
    """Kill listeners and connections, freeze the server, kill it; return how often each."""
    done = {"listeners": 0, "connections": 0, "freezes": 0, "kills": 0}
    pick = random.Random(1)
    while time.monotonic() < end:
        time.sleep(pick.uniform(0.1, 0.4))
        shot = pick.choices(list(done), weights=[6, 3, 2, 1])[0]
        done[shot] += 1
        if shot == "freezes":
            process = cluster.valkey().process
            process.suspend()
            time.sleep(pick.choice([0.1, 1.2, PATIENCE + 0.3]))
            process.resume()
        elif shot == "kills":
            cluster.valkey().process.kill()
            time.sleep(0.2)
            cluster.valkey().start()
        else:
            with redis.Redis.from_url(settings.TOPOLOGY.cache) as client:
                for found in client.client_list():
                    listens = found["name"].startswith("near-cache")
                    if listens == (shot == "listeners"):
                        with suppress(redis.RedisError):
                            client.client_kill_filter(_id=found["id"])
    return done


def test_after_kills_and_freezes_nothing_stale_is_left(cluster):
    hammers = [start("-m", "apps.grid.tests.hammer", str(n), str(SECONDS)) for n in range(2)]
    shots = shoot(cluster, time.monotonic() + SECONDS)
    for hammer in hammers:
        assert hammer.stdout.readline() == "done\n"
    # All writers have stopped: the streams come back, and then there is quiet.
    time.sleep(PATIENCE + 1)
    verdicts = [json.loads(hammer.communicate("\n", timeout=20)[0]) for hammer in hammers]

    stale, held = (sum(verdict[name] for verdict in verdicts) for name in ("stale", "held"))
    print(f"\n{stale} stale of {held} entries after {shots}: {verdicts}")
    assert stale == 0
    # How much there is at all depends on when somebody emptied the server: all of it is held.
    assert all(verdict["held"] == verdict["there"] > 0 for verdict in verdicts)
    assert sum(verdict["own_past"] for verdict in verdicts) == 0
    assert all(verdict["hits"] > 100 and verdict["doubts"] > 0 for verdict in verdicts)


@pytest.mark.parametrize("rest", [0, 0.0005])
def test_how_long_a_value_is_stale_in_another_process(rest):
    cache = make(KEY_PREFIX="late")
    cache.clear()
    assert trusted(cache)
    writer = start("-c", WRITER)
    late = []
    for number in range(500):
        writer.stdin.write(f"{number}\n")
        writer.stdin.flush()
        while cache.get("a") != number:
            if rest:
                time.sleep(rest)
        seen = time.monotonic()
        written = float(writer.stdout.readline())
        late.append(max(0.0, seen - written) * 1000)
    writer.communicate(timeout=20)
    cuts = statistics.quantiles(late, n=100)
    print(
        f"\nreader rests {rest} s; stale after the write returned: p50 {cuts[49]:.2f} ms, ", end=""
    )
    print(f"p99 {cuts[98]:.2f} ms")
    assert cuts[98] < 1000


def test_a_frozen_server_is_asked_again_and_its_values_are_not_given_out(cluster):
    cache = make(KEY_PREFIX="frozen")
    cache.set("a", 1)
    assert trusted(cache)
    assert processes.wait_for(lambda: cache.get("a") == 1 and len(cache.near) == 1, 5)
    process = cluster.valkey().process
    process.suspend()
    try:
        time.sleep(PATIENCE + 0.2)
        assert cache.get("a", "away") == "away"
    finally:
        process.resume()
    assert trusted(cache)
    assert cache.get("a") == 1


def test_with_the_server_away_there_are_misses_and_afterwards_nothing_stale(cluster):
    cache = make(KEY_PREFIX="away")
    cache.set("a", 1)
    assert trusted(cache)
    assert processes.wait_for(lambda: cache.get("a") == 1 and len(cache.near) == 1, 5)

    process = cluster.valkey().process
    os.kill(process.pid, signal.SIGKILL)
    assert processes.wait_for(lambda: cache.get("a") is None, 1)
    assert cache.set("a", 2) is None
    assert cache.get_many(["a"]) == {}
    assert not cache.has_key("a")
    assert not cache.touch("a")
    assert cache.set_many({"a": 1}) == ["a"]
    cluster.valkey().start()

    assert cache.get("a") is None
    assert cache.set("a", 3)
    assert trusted(cache)
    assert cache.get("a") == 3


def test_a_process_that_was_frozen_does_not_wake_up_in_the_past():
    cache = make(KEY_PREFIX="sleepy")
    cache.set("a", "old")
    reader = start("-c", READER)

    def ask():
        reader.stdin.write("\n")
        reader.stdin.flush()

    for _ in range(3):
        ask()
        assert reader.stdout.readline().startswith("old ")
    ask()
    value, hits = reader.stdout.readline().split()
    assert (value, int(hits) > 3) == ("old", True)

    for _ in range(3):
        reader.send_signal(signal.SIGSTOP)
        cache.set("a", f"new{_}")
        time.sleep(PATIENCE + 0.1)
        ask()
        reader.send_signal(signal.SIGCONT)
        assert reader.stdout.readline().split()[0] == f"new{_}"
    reader.communicate(timeout=20)
