"""A new unit begins with what the others ask for most."""

import time

import pytest
import redis
from django.conf import settings

from apps.cluster import processes
from apps.grid import hot_keys
from apps.grid.tests.test_backend import make, trusted


@pytest.fixture
def cache():
    cache = make(KEY_PREFIX="hot")
    cache.clear()
    assert trusted(cache)
    time.sleep(0.05)
    return cache


def ask(cache, key, times):
    cache.set(key, [key])
    time.sleep(0.02)
    for _ in range(times + 1):
        cache.get(key)


def index_of(cache):
    with redis.Redis.from_url(settings.TOPOLOGY.cache) as client:
        return dict(client.zrange("grid:hot:hot:", 0, -1, withscores=True))


def test_the_hottest_keys_are_fetched_before_the_first_request(cache):
    ask(cache, "often", 50)
    ask(cache, "seldom", 5)
    cache.set("never", 1)
    hot_keys.note(cache)
    near = cache.near
    near.empty()
    assert near.find("hot:1:often") is None

    assert hot_keys.warm(cache) == 2

    assert near.find("hot:1:often") is not None
    assert near.find("hot:1:seldom") is not None
    assert near.find("hot:1:never") is None


def test_hits_are_noted_once_and_fade(cache):
    ask(cache, "a", 10)
    hot_keys.note(cache)
    hot_keys.note(cache)
    assert index_of(cache) == {b"hot:1:a": 10}
    with redis.Redis.from_url(settings.TOPOLOGY.cache) as client:
        client.delete("grid:hot:hot::faded")
    cache.get("a")

    hot_keys.note(cache)

    assert index_of(cache) == {b"hot:1:a": 10}  # nine tenths of ten, and one


def test_no_more_than_a_sample_is_kept(cache, monkeypatch):
    monkeypatch.setattr(hot_keys, "MOST", 3)
    for number in range(6):
        ask(cache, f"k{number}", number + 1)

    hot_keys.note(cache)

    assert set(index_of(cache)) == {b"hot:1:k3", b"hot:1:k4", b"hot:1:k5"}


def test_warming_up_without_a_server_takes_no_longer_than_it_may(cache):
    cache.near.doubt()
    begun = time.monotonic()

    hot_keys.warm(cache, seconds=0.2)

    assert time.monotonic() - begun < 1
    assert processes.wait_for(lambda: trusted(cache), 5)
