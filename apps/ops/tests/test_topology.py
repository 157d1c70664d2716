"""The operators' page: what it says of what is wrong, and who is told that there is news."""

from dataclasses import replace

import pytest
import redis
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission

from apps.grid import units
from apps.ops import sampling, snapshots, topology
from apps.push import telling
from apps.push.tests.conftest import _sign_in, browsing, play  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def admin(client, make_account):
    client.force_login(make_account("root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def snapshot():
    return snapshots.take()


def with_server(snapshot, alias, **changes):
    servers = [replace(s, **changes) if s.alias == alias else s for s in snapshot.servers]
    return replace(snapshot, servers=tuple(servers))


def test_a_site_that_is_well_says_so(admin, snapshot):
    sampling.keep(snapshot)
    page = admin.get("/admin/topology/")

    assert f"All {len(snapshot.servers)} database servers answer" not in page.text  # no unit runs
    assert "No worker runs" in page.text
    assert "512 buckets" in page.text
    assert page.text.count('class="topo-chart"') == 3
    assert "shard0_replica1" in page.text


@pytest.mark.parametrize(
    ("alias", "changes", "said"),
    [
        ("shard1", {"error": "connection timeout"}, "shard1 does not answer: connection timeout"),
        ("shard0_replica0", {"paused": True}, "shard0_replica0 has paused replay"),
        ("shard0", {"recovers": True}, "shard0 takes no writes"),
    ],
)
def test_what_is_wrong_stands_at_the_top(admin, snapshot, alias, changes, said):
    sampling.keep(with_server(snapshot, alias, **changes))

    assert f"<li>{said}" in admin.get("/admin/topology/now").text


def test_a_part_that_could_not_be_asked_is_named_and_not_shown_as_nothing(admin, snapshot):
    outboxes = [replace(each, known=each.shard != "shard1") for each in snapshot.outboxes]
    away = with_server(snapshot, "shard1", error="gone", lsn=None)
    sampling.keep(replace(away, outboxes=tuple(outboxes), queue=None, memory=None))
    text = admin.get("/admin/topology/").text

    assert "primary, not asked: gone" in text
    assert "<dt>outbox</dt><dd>could not be asked</dd>" in text
    assert "buckets; could not be asked" in text
    assert text.count("not known") >= 2


def test_without_the_grid_the_servers_are_still_shown(admin, monkeypatch):
    def away(*_, **__):
        raise redis.ConnectionError

    for name in ("get", "lrange", "info"):
        monkeypatch.setattr(units.server(), name, away)
    monkeypatch.setattr(units, "listed", away)
    text = admin.get("/admin/topology/").text

    assert "shard1_replica0" in text or "shard0_replica0" in text
    assert "The server that units meet at does not answer" in text


def test_operators_are_told_and_nobody_else_may_listen(play, browsing, make_account):  # noqa: F811
    operator = make_account("operator", is_staff=True, is_superuser=True)
    moderator = make_account("moderator", is_staff=True)

    async def scene():
        async with browsing(operator) as told, browsing(moderator) as other, browsing() as stranger:
            answers = [(await each.subscribe("topology"))[0] for each in (told, other, stranger)]
            await sync_to_async(telling.hint)(sampling.TOPIC, {})
            return answers, await told.hear(), await other.nothing()

    (granted, refused, unknown), heard, silent = play(scene)

    assert [each["type"] for each in (granted, refused, unknown)] == [
        "subscribed",
        "refused",
        "refused",
    ]
    assert "operators" in refused["reason"]
    # It has no id: there is nothing in the log to resume after.
    assert heard == {"type": "event", "topic": "topology", "data": {}}
    assert silent


def test_who_is_no_operator_any_more_hears_no_more(play, browsing, make_account):  # noqa: F811
    account = make_account("operator", is_staff=True)
    account.user_permissions.add(Permission.objects.get(codename="view_bucket"))
    cookies = _sign_in(account)

    async def scene():
        from apps.push.desk import Desk

        desk = Desk(cookies)
        await desk.open()
        await desk.subscribe("topology")
        before = list(desk.listener.subscriptions)
        await sync_to_async(account.user_permissions.clear)()
        await desk.check()
        return before, list(desk.listener.subscriptions)

    before, after = play(scene)

    assert before == ["topology"]
    assert after == []


def test_the_permission_that_is_asked_for_exists():
    app, codename = topology.PERMISSION.split(".")

    assert Permission.objects.filter(content_type__app_label=app, codename=codename).exists()
