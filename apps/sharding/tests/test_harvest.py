"""A page takes what it can get; what decides does not."""

import pytest
from django.db import OperationalError, ProgrammingError, transaction

from apps.replication import scopes
from apps.replication.servers import ServerAway
from apps.sharding import harvest

# Inside a transaction nothing is left out, so these have none.
pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
SHARDS = ("shard0", "shard1")


def ask(shard):
    if shard == "shard1":
        raise ServerAway(shard, "it hangs")
    return f"rows of {shard}"


def test_a_shard_that_is_away_is_left_out_and_noted():
    with harvest.kept() as found:
        assert harvest.from_each(SHARDS, ask) == {"shard0": "rows of shard0"}
        assert harvest.missing() == {"shard1"}

    assert str(found) == "1/2"
    assert not found.is_whole
    assert harvest.missing() == frozenset()


def test_what_answers_with_nothing_has_answered():
    with harvest.kept() as found:
        assert harvest.from_each(SHARDS, lambda shard: []) == {"shard0": [], "shard1": []}

    assert str(found) == "2/2"


def test_outside_of_a_page_a_shard_that_is_away_is_an_error():
    with pytest.raises(ServerAway):
        harvest.from_each(SHARDS, ask)


def test_what_must_be_certain_is_not_decided_by_half():
    with harvest.kept(), scopes.scope(), scopes.primary(), pytest.raises(ServerAway):
        harvest.from_each(SHARDS, ask)
    with harvest.kept(), transaction.atomic(using="shard1"), pytest.raises(ServerAway):
        harvest.from_each(SHARDS, ask)


@pytest.mark.parametrize("error", [ProgrammingError("no such column"), OperationalError("x")])
def test_a_server_that_answers_with_an_error_is_not_away(error):
    cause = Exception()
    cause.sqlstate = "57014"
    error.__cause__ = cause

    def refuse(shard):
        raise error

    with harvest.kept(), pytest.raises(type(error)):
        harvest.from_each(SHARDS, refuse)


def test_what_a_part_of_a_page_missed_is_known_to_it_and_to_the_page():
    with harvest.kept() as found:
        harvest.part("shard0", lambda: 1, 0)
        with harvest.noted() as missed:
            harvest.from_each(SHARDS, ask)
        assert missed == {"shard1"}

    assert str(found) == "1/2"
