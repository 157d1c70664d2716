"""An app reads what it wrote, without a cookie: what it has seen is bound to its token."""

import pytest
from django_redis import get_redis_connection

from apps.api import places
from apps.replication import scopes, tokens
from apps.replication.tokens import Position

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]
HOME, WRITE = "/api/v1/timelines/home", "/api/v1/statuses"


@pytest.fixture(autouse=True)
def _nothing_kept():
    yield
    redis = get_redis_connection("default")
    for key in redis.scan_iter(f"{places.PREFIX}*"):
        redis.delete(key)


def kept(name):
    found = get_redis_connection("default").get(places.PREFIX + name) or b""
    return tokens.decode(found.decode())


def test_what_an_app_wrote_it_reads_at_once_again_and_again(client, make_account, token_of):
    headers = {"Authorization": f"Bearer {token_of(make_account())}"}

    for number in range(30):
        written = client.post(WRITE, {"status": f"post {number}"}, headers=headers).json()["id"]
        client.cookies.clear()
        assert client.get(HOME, headers=headers).json()[0]["id"] == written


def test_where_nothing_is_kept_primaries_answer_and_are_remembered():
    name = "fresh"

    with scopes.scope() as scope:
        with places.remembered(name):
            assert set(scope.token.values()) == {tokens.UNSURE}
            tokens.advance(scope.token, "shard0", Position(1, 5), is_primary=True)

    assert kept(name)["shard0"] == Position(1, 5)


def test_requests_that_overlap_forget_nothing_of_each_other():
    name = "both"
    with scopes.scope(), places.remembered(name):
        scopes.current().token.clear()
        scopes.current().token["shard0"] = Position(1, 5)

    with scopes.scope() as one, places.remembered(name):
        one.token["shard1"] = Position(1, 7)
        with scopes.scope() as two, places.remembered(name):
            two.token["shard0"] = Position(1, 9)

    assert kept(name) == {"shard0": Position(1, 9), "shard1": Position(1, 7)}


def test_with_valkey_away_primaries_answer(monkeypatch):
    def away(*_):
        raise OSError("gone")

    monkeypatch.setattr(places, "get_redis_connection", away)

    with scopes.scope() as scope, places.remembered("any"):
        assert set(scope.token.values()) == {tokens.UNSURE}


def test_who_is_told_of_something_reads_no_older():
    with scopes.scope() as scope, places.remembered("told"):
        scope.token.clear()
        scope.token["shard0"] = Position(1, 3)

    places.told("told", {"shard0": Position(1, 2), "shard1": Position(1, 4)})

    assert kept("told") == {"shard0": Position(1, 3), "shard1": Position(1, 4)}


def test_to_be_told_of_one_thing_is_not_to_have_seen_all():
    places.told("nobody", {"shard0": Position(1, 3)})

    with scopes.scope() as scope, places.remembered("nobody"):
        assert set(scope.token.values()) == {tokens.UNSURE}
