"""What is asked of real servers, paused, stopped, all at once: nobody waits for one that hangs."""

import time

import pytest
import redis
from django.db import connections

from apps.events.models import DeadLetter
from apps.grid import units
from apps.ops import probing, sampling, snapshots
from apps.posts import services as posts
from apps.replication.tests.conftest import (  # noqa: F401  (fixtures)
    caught_up,
    pause,
    resume,
    stopped,
    wait_for_replicas,
)
from apps.sharding import shards
from project.tests.faults import hanging

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


def server(snapshot, alias):
    return next(each for each in snapshot.servers if each.alias == alias)


def outbox(snapshot, shard):
    return next(each for each in snapshot.outboxes if each.shard == shard)


def test_every_server_outbox_and_bucket_is_in_a_snapshot(make_account):
    author = make_account(shard="shard1").pk
    post = posts.publish(author_id=author, text="waits for delivery")
    with shards.atomic_for(author):
        DeadLetter.objects.create(
            event_id=post.pk, subscriber="x", topic="x", attempts=9, error="x", traceback="x"
        )
    snapshot = snapshots.take()

    assert {each.alias for each in snapshot.servers if each.is_primary} == {
        "default",
        "shard0",
        "shard1",
    }
    assert [each.error for each in snapshot.servers] == [""] * len(snapshot.servers)
    assert all(each.recovers is not each.is_primary for each in snapshot.servers)
    assert server(snapshot, "shard0_replica1").receives
    assert server(snapshot, "shard1").lsn > 0
    waits = outbox(snapshot, "shard1")
    assert (waits.known, waits.unfinished > 0, waits.dead) == (True, True, 1)
    assert 0 <= waits.oldest_seconds < 60
    assert len(snapshot.buckets) == 1024
    assert snapshot.heat[post.bucket] > 0
    assert snapshot.queue is not None
    assert snapshot.memory > 0
    assert snapshots.restored(snapshot.as_json()) == snapshot


def test_a_paused_replica_is_seen_and_falls_behind(caught_up, make_account):  # noqa: F811
    account = make_account(shard="shard0").pk
    wait_for_replicas()
    pause("shard0_replica0")
    for number in range(3):
        posts.publish(author_id=account, text=str(number))
        sampling.keep(snapshots.take(whole=False))
        time.sleep(0.2)

    snapshot = sampling.latest()
    from apps.ops import lag

    tracks = {
        alias: lag.behind(sampling.series(), "shard0", alias)
        for alias in ("shard0_replica0", "shard0_replica1")
    }
    resume("shard0_replica0")

    assert server(snapshot, "shard0_replica0").paused
    assert not server(snapshot, "shard0_replica1").paused
    assert tracks["shard0_replica0"][-1][1] > 0
    assert tracks["shard0_replica1"][-1][1] < tracks["shard0_replica0"][-1][1]


@pytest.mark.parametrize("alias", ["shard1", "default", "shard0_replica0"])
def test_with_a_server_stopped_the_rest_is_known_in_bounded_time(stopped, alias):  # noqa: F811
    before = snapshots.take()
    with stopped(alias if "_" in alias else alias.replace("default", "directory")):
        begun = time.monotonic()
        snapshot = snapshots.take(before)
        took = time.monotonic() - begun

    assert took < probing.ROUND_SECONDS + 2
    assert [each.alias for each in snapshot.servers if each.error] == [alias]
    assert all(each.lsn for each in snapshot.servers if not each.error)
    assert outbox(snapshot, "shard0").known
    assert outbox(snapshot, "shard1").known is (alias != "shard1")
    assert snapshot.buckets == before.buckets


def test_a_server_that_goes_silent_in_an_answer_is_left_within_its_time():
    begun = time.monotonic()
    found = probing.ask_all(
        {
            "shard0": {"quick": "SELECT 1", "slow": "SELECT pg_sleep(30)"},
            "shard1": {"x": "SELECT 2"},
        }
    )

    assert time.monotonic() - begun < probing.ROUND_SECONDS + 2
    assert found["shard0"]["quick"] == 1
    assert "no answer within" in found["shard0"]["error"]
    assert found["shard1"]["x"] == 2


def test_a_connection_is_kept_and_one_that_broke_is_opened_anew():
    def backend():
        return probing.ask_all({"shard0": {"pid": "SELECT pg_backend_pid()"}})["shard0"]

    first = backend()["pid"]
    assert backend()["pid"] == first
    with connections["shard0"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [first])

    again = backend()

    assert "error" not in again
    assert again["pid"] != first


def test_a_kept_connection_to_a_server_that_hangs_is_left_in_time(cluster):
    asked = {"shard0_replica0": {"one": "SELECT 1"}}
    assert probing.ask_all(asked)["shard0_replica0"]["one"] == 1

    with hanging(cluster, "shard0_replica0"):
        begun = time.monotonic()
        found = probing.ask_all(asked)["shard0_replica0"]
        assert time.monotonic() - begun < probing.ROUND_SECONDS + 2

    assert "no answer" in found["error"]
    assert probing.ask_all(asked)["shard0_replica0"]["one"] == 1


def test_one_unit_samples_while_its_lease_holds_and_another_takes_over(settings):
    settings.OPS_SAMPLES = True
    first, second = sampling.Sampler(), sampling.Sampler()
    units.server().delete(sampling.LATEST)
    units.server().set(sampling.LEASE, "elsewhere:1", px=60_000)
    first.turn()
    assert sampling.latest() is None

    units.server().delete(sampling.LEASE)
    first.turn()
    second.turn()  # of the same unit: the lease is its own

    deadline = time.monotonic() + 10
    while sampling.latest() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sampling.latest() is not None
    assert 0 < units.server().pttl(sampling.LEASE) <= sampling.LEASE_MS
    for each in (first, second):
        assert each._running.acquire(timeout=10)


def test_what_is_kept_is_bounded_in_number_and_time():
    snapshot = snapshots.take(whole=False)
    for _ in range(sampling.MOST_KEPT + 7):
        sampling.keep(snapshot)

    assert units.server().llen(sampling.SERIES) == sampling.MOST_KEPT
    assert 0 < units.server().ttl(sampling.SERIES) <= sampling.KEPT_SECONDS
    assert units.server().memory_usage(sampling.SERIES) < 200_000


def test_without_the_grid_a_snapshot_is_taken_here_and_now(monkeypatch):
    def away(*_, **__):
        raise redis.ConnectionError

    for name in ("get", "lrange", "info"):
        monkeypatch.setattr(units.server(), name, away)
    snapshot = sampling.current()

    assert [each.error for each in snapshot.servers] == [""] * len(snapshot.servers)
    assert snapshot.memory is None
    assert sampling.series() == []
