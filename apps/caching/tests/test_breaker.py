import os
import signal

import pytest
from redis.exceptions import RedisError

from apps.caching import breaker, debts, store
from apps.caching.breaker import Breaker, Open
from apps.caching.tests.counted import likes
from apps.posts.models import Tally
from apps.sharding import shards


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def guard(clock):
    return Breaker(lambda: clock[0])


def ask(guard, error=None):
    with guard.call():
        if error:
            raise error


def test_after_a_fault_nobody_asks_for_a_while_then_one_does(guard, clock):
    with pytest.raises(RedisError):
        ask(guard, RedisError("away"))
    with pytest.raises(Open):
        ask(guard)
    clock[0] += breaker.FIRST_SECONDS

    with guard.call():
        with pytest.raises(Open):
            ask(guard)
    ask(guard)


def test_pauses_grow_to_a_bound_and_an_answer_ends_them(guard, clock):
    for fault in range(12):
        error = OSError("away") if fault % 2 else RedisError("away")
        with pytest.raises(type(error)):
            ask(guard, error)
        clock[0] += breaker.LONGEST_SECONDS
    ask(guard)
    with pytest.raises(RedisError):
        ask(guard, RedisError("away"))
    clock[0] += breaker.FIRST_SECONDS
    ask(guard)


def test_what_is_no_fault_of_the_server_opens_nothing(guard):
    with pytest.raises(KeyError):
        ask(guard, KeyError("mine"))
    ask(guard)


@pytest.mark.cluster
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_valkey_that_hangs_costs_a_few_time_outs_and_not_one_a_question(
    make_account, cluster, monkeypatch
):
    faults = []
    real = Breaker._fault
    monkeypatch.setattr(Breaker, "_fault", lambda self: (faults.append(1), real(self)))
    owner = make_account(shard="shard0").pk
    likes(owner)
    process = cluster.valkey().process
    os.kill(process.pid, signal.SIGSTOP)
    try:
        assert [likes(owner) for _ in range(200)] == [None] * 200
        with shards.atomic_for(owner):
            Tally.add(owner, by=1, likes=1)
        assert likes(owner) == 1
    finally:
        os.kill(process.pid, signal.SIGCONT)

    print(f"time-outs in 201 questions to a stopped Valkey: {len(faults)}")
    assert 1 <= len(faults) <= 5
    store._breaker.__init__()
    debts.pay()
    assert likes(owner) == 1
