"""The numbers of all units, by one question."""

import contextlib
import os
from collections import Counter
from dataclasses import replace

import pytest
from django.db import connections
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families as parse

from apps.caching.tests.counted import likes
from apps.cluster import processes
from apps.grid import announcing, units
from apps.ops import measuring, sampling, snapshots
from apps.plugins import hooks
from apps.replication import scopes
from apps.throttling import limits
from apps.throttling.errors import TooMany
from apps.throttling.limits import Away, By
from apps.throttling.pace import Pace

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def listed():
    """This process is in the list, with what it has measured."""
    announcing.leave()
    yield lambda: announcing.announce("web")
    announcing.leave()


@pytest.fixture
def admin(make_account):
    """A browser of its own, signed in as staff."""
    client = Client()
    client.force_login(make_account("admin", is_staff=True))
    return client


def mine():
    return [unit for unit in units.listed() if unit.pid == os.getpid()]


def has_told():
    """Tell whether this process has announced both requests, and the harvest that it counts now."""
    requests = [sample for unit in mine() for sample in unit.samples["rookery_request_seconds"]]
    views = {(labels["view"], labels["status"]) for labels, *_ in requests}
    told = {
        labels["servers"]: value
        for unit in mine()
        for labels, value, *_ in unit.samples["rookery_harvest"]
    }
    return {("timelines:public", "2xx"), ("", "4xx")} <= views and told == measuring._harvest


def numbers(text):
    own = f":{os.getpid()}"
    return {
        (
            sample.name,
            *(value for key, value in sorted(sample.labels.items()) if key not in SKIP),
        ): sample.value
        for family in parse(text)
        for sample in family.samples
        if sample.labels.get("unit", own).endswith(own)
    }


SKIP = {"unit", "role"}


def test_one_question_gives_the_numbers_of_requests_queries_and_servers(
    client, admin, make_account, listed, held, monkeypatch
):
    owner = make_account(shard="shard0").pk
    for _ in range(2):
        with scopes.scope():
            likes(owner)
    once = limits.Limit("test-measured", Pace(1, 60.0), By.NAME, Away.HERE, "tests")
    for _ in range(2):
        with contextlib.suppress(TooMany):
            limits.hold({once: "somebody"})
    sampling.keep(snapshots.take())
    assert admin.get("/public").status_code == 200
    assert client.get("/no/such/page").status_code == 404
    # What the page asked of servers, if it was not in the cache, is not counted here.
    monkeypatch.setattr(measuring, "_harvest", Counter())
    for header in ("3/4", "4/4", "", "nonsense"):
        measuring.harvest(header)
    listed()
    assert processes.wait_for(has_told, 10)

    answer = admin.get("/metrics")

    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    found = numbers(answer.text)
    assert found["rookery_request_seconds_count", "2xx", "timelines:public"] >= 1
    assert found["rookery_request_seconds_bucket", "+Inf", "2xx", "timelines:public"] >= 1
    assert found["rookery_request_seconds_count", "4xx", ""] >= 1
    assert found["rookery_cached_queries_total", "filled", "test.counted"] >= 1
    by_replicas = [found["rookery_reads_total", f"shard0_replica{n}"] for n in range(2)]
    assert sum(by_replicas) + found["rookery_reads_total", "shard0"] >= 1
    assert found["rookery_replica_left_out", "shard0_replica0"] in (0, 1)
    assert found["rookery_primary_away", "shard0"] == 0
    assert found["rookery_server_up", "shard0", "shard0_replica0"] == 1
    assert found["rookery_statements_total", "default"] >= 1
    assert found["rookery_server_position_bytes", "shard1", "shard1"] > 0
    assert found["rookery_replica_lag_seconds", "shard0_replica0"] >= 0
    assert found["rookery_queue_length",] >= 0
    assert found["rookery_plugin_on", "hashtags"] == 1
    assert found["rookery_limits_total", "test-measured", "refused"] >= 1
    assert (found["rookery_harvest_total", "had"], found["rookery_harvest_total", "needed"]) == (
        7,
        8,
    )
    assert found["rookery_near_cache_bytes",] >= 0
    assert found["rookery_unit_in_flight",] >= 0
    assert found["rookery_events_dead", "shard1"] == 0


def test_only_staff_and_who_has_the_token_may_look(client, make_account, settings):
    assert client.get("/metrics").status_code == 403
    client.force_login(make_account())
    assert client.get("/metrics").status_code == 403
    client.logout()

    settings.METRICS_TOKEN = "a long word"

    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    given = client.get("/metrics", headers={"Authorization": "Bearer a long word"})
    assert given.status_code == 200


def test_without_the_list_of_units_it_says_so(admin, monkeypatch):
    import redis

    def away():
        raise redis.ConnectionError

    monkeypatch.setattr(units, "listed", away)

    assert admin.get("/metrics").status_code == 503


def test_with_a_server_away_the_scrape_says_so_and_does_not_wait(admin, listed, monkeypatch):
    found = snapshots.take()
    servers = [
        replace(each, error="gone", lsn=None) if each.alias == "shard1" else each
        for each in found.servers
    ]
    outboxes = [replace(each, known=each.shard != "shard1") for each in found.outboxes]
    sampling.keep(replace(found, servers=tuple(servers), outboxes=tuple(outboxes)))
    monkeypatch.setattr(snapshots, "take", None)  # nobody is asked

    told = numbers(admin.get("/metrics").text)

    assert told["rookery_server_up", "shard1", "shard1"] == 0
    assert told["rookery_server_up", "shard0", "shard0"] == 1
    assert ("rookery_events_dead", "shard1") not in told
    assert told["rookery_events_dead", "shard0"] == 0


def test_what_plugins_measure_is_there_while_they_are_on(admin, listed, monkeypatch):
    from apps.plugins import stats

    mine = [hooks.Metric("my_rooks", "how many rooks", 7.0, (("colour", "black"),))]
    monkeypatch.setattr(stats.calls, "gather", lambda hook: [mine])

    assert 'my_rooks{colour="black"} 7.0' in admin.get("/metrics").text


def test_each_statement_counts_for_its_server():
    before = measuring._statements["shard1"]
    for _ in range(3):
        with connections["shard1"].cursor() as cursor:
            cursor.execute("SELECT 1")

    assert measuring._statements["shard1"] == before + 3
