"""What a process keeps of the cache in its own memory: without round trips, and never the past."""

import threading

import pytest
import redis
from django.core.cache import caches

from apps.caching import memory, stats, store
from apps.caching.tests.counted import add, in_a_thread, likes
from apps.cluster import processes
from apps.grid import hot_keys
from apps.replication import positions, scopes, servers

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def owner(make_account):
    return make_account(shard="shard0").pk


@pytest.fixture
def sent(monkeypatch):
    """The threads that sent something to Valkey, one for each packet."""
    senders = []
    real = redis.connection.AbstractConnection.send_packed_command

    def counting(self, *args, **options):
        senders.append(threading.current_thread().name)
        return real(self, *args, **options)

    monkeypatch.setattr(redis.connection.AbstractConnection, "send_packed_command", counting)
    return senders


def confirmed(token):
    """Wait until the stream has confirmed all that a token stands for."""
    stream = caches["default"].stream

    def covers():
        known = stream.confirmed.get(store.TAGS, {})
        return stream.near.trusted and all(known[group].covers(at) for group, at in token.items())

    assert processes.wait_for(covers, 5)


def read(owner, token=None):
    with scopes.scope(token) as scope:
        return likes(owner), scope.token


def test_a_hit_asks_nobody(owner, sent, count_queries):
    add(owner)
    count, token = read(owner)
    confirmed(token)
    read(owner, token)
    sent.clear()

    with count_queries() as queries:
        assert {read(owner, token)[0] for _ in range(1000)} == {count}

    mine = sent.count(threading.current_thread().name)
    print(f"round trips of 1,000 hits: {mine} to Valkey, {len(queries)} to PostgreSQL")
    assert (mine, queries) == (0, [])
    assert stats.of_process()["test.counted"]["near"] >= 1000
    likes(owner)
    assert threading.current_thread().name in sent  # the count does count


def test_who_finds_all_in_the_grid_hears_from_it_how_far_primaries_are(owner, sent):
    add(owner)
    count, token = read(owner)
    servers.forget()

    found, again = read(owner)
    assert (found, again["shard0"]) == (count, token["shard0"])
    assert servers.history("shard0").latest == again["shard0"]
    confirmed(again)
    read(owner, again)
    sent.clear()
    assert read(owner, again)[0] == count
    assert threading.current_thread().name not in sent


def test_a_reader_whose_token_is_not_confirmed_asks_the_data_grid(owner, monkeypatch):
    add(owner)
    count, token = read(owner)
    confirmed(token)
    read(owner, token)
    # Nothing that others do is heard any more, as if it were still on its way.
    monkeypatch.setattr(caches["default"].near, "invalidate", lambda keys: None)

    in_a_thread(lambda: add(owner)).join()

    assert read(owner, token)[0] == count
    assert read(owner, {"shard0": positions.ask("shard0")})[0] == count + 1


def test_who_has_written_in_this_request_reads_what_it_wrote(owner):
    add(owner)
    count, token = read(owner)
    confirmed(token)

    with scopes.scope(token):
        for number in range(1, 51):
            assert likes(owner) == count + number - 1
            add(owner)


def test_without_a_scope_the_data_grid_is_asked(owner, monkeypatch):
    add(owner)
    count, token = read(owner)
    confirmed(token)
    monkeypatch.setattr(caches["default"].near, "invalidate", lambda keys: None)

    in_a_thread(lambda: add(owner)).join()

    assert likes(owner) == count + 1


def test_a_commit_of_another_process_leaves_memory(owner):
    add(owner)
    count, token = read(owner)
    confirmed(token)
    read(owner, token)

    in_a_thread(lambda: add(owner)).join()

    assert processes.wait_for(lambda: read(owner, token)[0] == count + 1, 2, pause=0.001)


def test_a_new_unit_warms_up_with_versions_and_values(owner, sent):
    add(owner)
    count, token = read(owner)
    confirmed(token)
    cache = caches["default"]
    # What other tests were hot for is neither in the next sample nor fetched first. What is hit
    # from here on may be noted by a thread of this process at any moment.
    hot_keys.note(cache)
    cache.client.get_client(write=True).delete(hot_keys._index(cache))

    def warmed_up_it_asks_nobody():
        # While the stream has a doubt, as on a busy machine, the server is asked, and versions are
        # not hit: then this is tried again.
        for _ in range(100):
            read(owner, token)
        hot_keys.note(cache)
        cache.near.empty()
        hot_keys.warm(cache)
        sent.clear()
        assert read(owner, token)[0] == count
        return threading.current_thread().name not in sent

    assert processes.wait_for(warmed_up_it_asks_nobody, 10)


def test_with_the_near_cache_off_the_data_grid_answers(owner, monkeypatch):
    add(owner)
    count, token = read(owner)
    near = caches["default"].near
    monkeypatch.setattr(near, "most", 0)
    near.empty()

    assert [read(owner, token)[0] for _ in range(3)] == [count] * 3
    assert memory.values(["any"]) == {}
