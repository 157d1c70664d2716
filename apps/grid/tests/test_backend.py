"""The cache backend against the real server."""

import os
import time
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.core.cache import cache as default_cache
from django.utils.connection import ConnectionProxy

from apps.cluster import processes
from apps.grid import tracking
from apps.grid.backend import NearCache


def trusted(cache, seconds=10):
    """Wait until the near cache is current."""
    return processes.wait_for(lambda: cache.near.trusted, seconds)


def make(**params):
    return NearCache(settings.TOPOLOGY.cache, {"KEY_PREFIX": "near-test", **params})


@pytest.fixture
def server():
    with redis.Redis.from_url(settings.TOPOLOGY.cache) as client:
        yield client


@pytest.fixture
def cache(server):
    cache = make()
    cache.clear()
    assert trusted(cache)
    time.sleep(0.05)
    return cache


def commands(server):
    """How many commands the server has seen that read a value."""
    stats = server.info("commandstats")
    return sum(
        stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("get", "mget", "exists")
    )


def settled(cache, key, value):
    """Store a value, and let the news of it come home."""
    cache.set(key, value)
    time.sleep(0.05)
    assert cache.get(key) == value
    return key


def test_a_hit_asks_no_server(cache, server):
    settled(cache, "a", {"list": [1]})
    before, hits = commands(server), cache.near.hits

    for _ in range(100):
        assert cache.get("a") == {"list": [1]}
        assert cache.get_many(["a"]) == {"a": {"list": [1]}}
        assert cache.has_key("a")

    assert commands(server) - before == 0
    assert cache.near.hits - hits == 300


def test_nobody_can_change_what_others_get(cache):
    settled(cache, "a", {"list": [1]})

    cache.get("a")["list"].append(2)

    assert cache.get("a") == {"list": [1]}


@pytest.mark.parametrize(
    "change",
    [
        lambda other, raw: other.set("a", 2),
        lambda other, raw: other.delete("a"),
        lambda other, raw: other.incr("a"),
        lambda other, raw: other.delete_many(["a"]),
        lambda other, raw: other.set_many({"a": 5}),
        lambda other, raw: other.delete_pattern("a*"),
        lambda other, raw: other.clear(),
        lambda other, raw: raw.flushall(),
        lambda other, raw: raw.rename("near-test:1:a", "near-test:1:b"),
    ],
)
def test_what_others_change_is_seen(cache, server, change):
    from django_redis.cache import RedisCache

    other = RedisCache(settings.TOPOLOGY.cache, {"KEY_PREFIX": "near-test"})
    settled(cache, "a", 1)

    change(other, server)
    time.sleep(0.05)

    assert cache.get("a") == other.get("a") != 1


def test_own_writes_are_read_at_once(cache):
    settled(cache, "n", 1)
    for number in range(300):
        cache.set("n", number)
        assert cache.get("n") == number
        assert cache.incr("n") == number + 1
        assert cache.get("n") == number + 1
        cache.decr("n", 1)
        assert cache.get_many(["n", "none"]) == {"n": number}
        cache.delete("n")
        assert cache.get("n", "gone") == "gone"
        assert not cache.has_key("n")
        assert cache.add("n", 3)
        assert cache.get("n") == 3
        assert not cache.add("n", 4)


def test_versions_prefixes_and_the_rest_of_djangos_interface(cache):
    cache.set("a", 1, version=2)
    cache.set("a", 9, 60, 3)
    assert (cache.get("a"), cache.get("a", version=2), cache.get("a", None, 3)) == (None, 1, 9)
    assert cache.incr_version("a", version=2, delta=5) == 7
    assert (cache.get("a", version=2), cache.get("a", version=7)) == (None, 1)
    assert cache.get_or_set("b", lambda: "made") == "made"
    assert cache.get_or_set("b", lambda: "again") == "made"
    cache.set("none", None)
    assert cache.get("none", "default") is None
    assert cache.set_many({"x": 1, "y": [2]}, 60) == []
    assert cache.get_many(["x", "y", "z"]) == {"x": 1, "y": [2]}
    assert cache.get_many(iter(["x", "y", "z"])) == {"x": 1, "y": [2]}
    assert cache.delete_many(iter(["x", "y"])) == 2
    assert "b" in cache
    assert cache.touch("b", 60)
    assert not cache.touch("nothing", 60)
    assert 0 < cache.ttl("b") <= 60
    assert cache.persist("b")
    assert cache.ttl("b") is None
    assert cache.expire("b", 50)
    assert cache.pexpire("b", 40_000)
    later = timedelta(seconds=30)
    from django.utils import timezone

    assert cache.expire_at("b", timezone.now() + later)
    assert cache.pexpire_at("b", timezone.now() + later)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("nothing")


def test_no_entry_outlives_its_value_on_the_server(cache, server):
    cache.set("a", 1, 0.3)
    time.sleep(0.05)
    assert cache.get("a") == 1
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        if cache.get("a") is None:
            break
        left = server.pttl("near-test:1:a")
    assert cache.get("a") is None
    assert left < 50


def test_other_kinds_of_values_are_left_alone(cache, server):
    cache.sadd("set", "x")

    assert cache.smembers("set") == {"x"}
    assert cache.get("set", "default") == "default"


def test_a_forked_process_begins_empty_with_a_stream_of_its_own(cache, server):
    settled(cache, "a", 1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = b"wrong"
        try:
            empty = len(cache.stream.near) == 0 and cache.stream.near.find("near-test:1:a") is None
            fresh = cache.get("a") == 1 and trusted(cache) and cache.get("a") == 1
            hit = cache.near.hits
            names = {c["name"] for c in server.client_list()}
            own = f"near-cache-{os.getpid()}" in names and f"near-cache-{os.getppid()}" in names
            if empty and fresh and own and cache.get("a") == 1 and cache.near.hits == hit + 1:
                said = b"right"
        finally:
            os.write(writing, said)
            os._exit(0)
    os.close(writing)
    assert os.read(reading, 10) == b"right"
    os.close(reading)
    os.waitpid(child, 0)
    server.set("near-test:1:a", 2)
    time.sleep(0.05)
    assert cache.get("a") == 2


def test_a_client_that_is_given_is_asked(cache, server):
    settled(cache, "a", 1)
    before, raw = commands(server), cache.client.get_client()

    assert cache.get("a", client=raw) == 1
    assert cache.get_many(["a"], client=raw) == {"a": 1}
    assert cache.has_key("a", client=raw)
    assert cache.set_many({"b": 2}, client=raw) == []
    assert cache.touch("b", 60, client=raw)

    assert commands(server) - before == 3


def test_with_no_memory_allowed_it_is_a_cache_as_before(settings):
    settings.GRID_NEAR_BYTES = 0
    cache = make(KEY_PREFIX="none")
    cache.set("a", 1)

    assert cache.get("a") == 1
    assert (len(cache.near), cache.near.trusted) == (0, False)


def test_the_site_uses_it():
    assert isinstance(default_cache, ConnectionProxy)
    assert isinstance(default_cache._connections["default"], NearCache)


def test_threads_share_one_near_cache(cache):
    assert make().near is cache.near
    assert tracking.stream_of((settings.TOPOLOGY.cache, "near-test:"), None) is cache.stream
