"""The numbers of all units, by one question."""

import os

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families as parse

from apps.caching.tests.counted import likes
from apps.cluster import processes
from apps.grid import announcing, units
from apps.replication import scopes

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
    """Tell whether this process has announced the request that failed."""
    requests = [sample for unit in mine() for sample in unit.samples["rookery_request_seconds"]]
    return any(labels["status"] == "4xx" for labels, *_ in requests)


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
    client, admin, make_account, listed
):
    owner = make_account(shard="shard0").pk
    for _ in range(2):
        with scopes.scope():
            likes(owner)
    assert admin.get("/public").status_code == 200
    assert client.get("/no/such/page").status_code == 404
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
