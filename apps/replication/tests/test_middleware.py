import re

import pytest

from apps.replication import positions, tokens
from apps.replication.tasks import HEADER, FreshTask
from apps.replication.tokens import Position

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


def test_a_browser_gets_the_position_of_its_write(client, make_account, settings):
    account = make_account(shard="shard1")
    client.force_login(account)
    before = positions.ask("shard1")

    client.post("/posts/", {"text": "hello"})

    cookie = client.cookies[settings.REPLICATION_COOKIE]
    assert tokens.decode(cookie.value)["shard1"].lsn > before.lsn
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_the_token_of_a_browser_only_moves_forward(client, make_account, settings):
    account = make_account(shard="shard1")
    client.force_login(account)
    last = 0
    for number in range(5):
        client.post("/posts/", {"text": f"post {number}"})
        client.get("/")
        position = tokens.decode(client.cookies[settings.REPLICATION_COOKIE].value)["shard1"].lsn
        assert position >= last
        last = position


def test_signing_in_is_a_write_that_leaves_a_token_too(client, make_account, settings):
    make_account("reader")

    client.post("/accounts/sign-in", {"username": "reader", "password": "a good long password"})

    assert tokens.decode(client.cookies[settings.REPLICATION_COOKIE].value)["default"].lsn > 0


def test_a_task_carries_the_token_of_its_sender(monkeypatch):
    from apps.replication import scopes

    sent = {}
    monkeypatch.setattr("celery.Task.apply_async", lambda *a, **k: sent.update(k["headers"]))

    with scopes.scope({"shard0": Position(1, 77)}):
        FreshTask().apply_async()

    assert tokens.decode(sent[HEADER]) == {"shard0": Position(1, 77)}


def test_in_debug_an_answer_says_who_answered_and_how_far_behind(client, make_account, settings):
    client.force_login(make_account(shard="shard0"))
    assert "Rookery-Read" not in client.get("/")

    settings.DEBUG, settings.CACHING_ENABLED = True, False
    said = client.get("/")["Rookery-Read"]

    assert re.search(r"shard0=shard0(_replica\d lag=\d+ms)?(;|$)", said)
