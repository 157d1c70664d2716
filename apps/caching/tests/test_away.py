import os
import signal

import pytest

from apps.caching import debts, store
from apps.caching.tests.counted import likes
from apps.kernel.breakers import Breaker
from apps.posts.models import Tally
from apps.sharding import shards


@pytest.fixture
def guard(monkeypatch):
    """A breaker of the store's own kind, which has just failed."""
    breaker = Breaker(clock=lambda: 100.0)
    monkeypatch.setattr(store, "_breaker", breaker)
    breaker.fail("away")
    return breaker


def test_after_a_fault_nobody_asks_for_a_while(guard):
    with pytest.raises(store.LeftOut):
        store.get_many(["any"])


def test_what_is_no_fault_of_the_server_opens_nothing(guard):
    guard.succeed()
    with pytest.raises(TypeError):
        store.get_many()

    assert guard.lets_in()


@pytest.mark.cluster
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_valkey_that_hangs_costs_a_few_time_outs_and_not_one_a_question(
    make_account, cluster, monkeypatch
):
    faults = []
    real = Breaker.fail
    monkeypatch.setattr(Breaker, "fail", lambda self, why: (faults.append(1), real(self, why)))
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
    store._breaker.succeed()
    debts.pay()
    assert likes(owner) == 1
