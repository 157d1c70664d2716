"""A primary that goes, and a replica that takes its place: nobody fails without need, nobody sees
the past."""

import psycopg
import pytest
from django.db import InternalError, OperationalError, connections

from apps.accounts.models import Profile
from apps.caching.commits import Commit
from apps.posts import services as posts
from apps.posts.models import Post
from apps.replication import positions, replicas, retries, scopes, servers, tokens
from apps.replication.history import History
from apps.replication.tests.conftest import REPLICAS, run
from apps.replication.tokens import START, UNSURE, Position
from apps.sharding import shards

FIRST, _ = REPLICAS
real = [
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.usefixtures("caught_up"),
]


def real_servers(test):
    for mark in reversed(real):
        test = mark(test)
    return test


def failing(kind, cause):
    error = kind("gone")
    error.__cause__ = cause
    return error


def test_no_replica_is_far_enough_for_who_is_unsure_and_the_primary_ends_it():
    token = {"shard0": Position(3, 500)}

    tokens.doubt(token, "shard0")
    assert not Position(3, 2**62).covers(token["shard0"])
    tokens.advance(token, "shard0", Position(3, 2**62))
    assert token["shard0"].lsn == UNSURE.lsn
    tokens.advance(token, "shard0", Position(3, 600), is_primary=True)

    assert token["shard0"] == Position(3, 600)


def test_doubt_comes_back_from_its_cookie_and_makes_no_replica_late():
    token, history = {}, History()
    tokens.doubt(token, "shard0")

    history.saw(tokens.decode(tokens.encode(token))["shard0"], 10)

    assert history.seconds_behind(START, 100) == 0


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (failing(OperationalError, psycopg.errors.AdminShutdown()), True),
        (failing(OperationalError, psycopg.errors.CannotConnectNow()), True),
        (failing(OperationalError, psycopg.OperationalError("refused")), True),
        (failing(InternalError, psycopg.errors.ReadOnlySqlTransaction()), True),
        (failing(OperationalError, psycopg.errors.QueryCanceled()), False),
        (failing(OperationalError, psycopg.errors.DeadlockDetected()), False),
        (ValueError("of the program"), False),
    ],
)
def test_only_a_server_that_is_gone_has_work_done_again(error, lost):
    assert retries.is_lost(error) is lost


def test_nothing_is_done_again_once_a_commit_is_on_its_way(settings):
    settings.REPLICATION_FAILOVER_SECONDS = 5
    gone = failing(OperationalError, psycopg.errors.AdminShutdown())
    calls = []

    with scopes.scope():
        assert retries.again(lambda: calls.append(1) or "done", gone) == "done"
        scopes.note_commit("shard0")
        with pytest.raises(OperationalError):
            retries.again(lambda: calls.append(2), gone)

    assert calls == [1]


def test_where_no_other_primary_comes_the_error_is_the_answer(settings):
    settings.REPLICATION_FAILOVER_SECONDS = 0
    gone = failing(OperationalError, psycopg.errors.AdminShutdown())

    with scopes.scope(), pytest.raises(OperationalError):
        retries.again(lambda: pytest.fail("done again"), gone)


def test_no_more_wait_than_half_of_the_threads(settings):
    settings.REPLICATION_FAILOVER_SECONDS = 5
    gone = failing(OperationalError, psycopg.errors.AdminShutdown())
    taken = 0
    while retries._waiting.acquire(blocking=False):
        taken += 1

    try:
        with scopes.scope(), pytest.raises(OperationalError):
            retries.again(lambda: pytest.fail("waited"), gone)
    finally:
        for _ in range(taken):
            retries._waiting.release()
    assert taken == 4


@real_servers
def test_a_write_whose_connection_is_killed_before_its_commit_is_stored_once(
    make_account, settings
):
    settings.REPLICATION_FAILOVER_SECONDS = 5
    author = make_account(shard="shard0").pk
    attempts = []

    def work():
        with shards.atomic_for(author):
            post = posts.publish(author_id=author, text="once")
            attempts.append(post.pk)
            if len(attempts) == 1:
                kill_backend("shard0")
        return post

    with scopes.scope():
        try:
            post = work()
        except OperationalError as error:
            post = retries.again(work, error)

    assert len(attempts) == 2
    assert [row.pk for row in Post.objects.filter(author_id=author)] == [post.pk]


@real_servers
def test_a_primary_that_dies_right_after_a_commit_has_committed(make_account, monkeypatch):
    author = make_account(shard="shard0").pk
    end = Commit.end

    def die(self):
        kill_backend("shard0")
        end(self)

    monkeypatch.setattr(Commit, "end", die)
    with scopes.scope() as scope:
        post = posts.publish(author_id=author, text="it is there")
        monkeypatch.undo()
        seen = scope.token["shard0"]
    with scopes.scope({"shard0": seen}) as after:
        found = replicas.choose("shard0")
        assert Post.objects.get(id=post.pk).text == "it is there"

    assert seen.lsn == UNSURE.lsn
    assert found == "shard0"
    assert after.token["shard0"].lsn < UNSURE.lsn


@real_servers
def test_a_replica_that_was_promoted_answers_nobody_as_a_replica(
    make_account, settings, monkeypatch
):
    settings.REPLICATION_GROUPS = {**settings.REPLICATION_GROUPS, "shard0": (FIRST,)}
    account = make_account("reader", shard="shard0")
    # At its address there is now a primary.
    port = connections["shard0"].settings_dict["PORT"]
    connections[FIRST].close()
    monkeypatch.setitem(connections[FIRST].settings_dict, "PORT", port)

    try:
        with scopes.scope() as scope:
            assert Profile.objects.using(FIRST).get(id=account.pk).username == "reader"
            assert replicas.choose("shard0") == "shard0"
    finally:
        monkeypatch.undo()
        connections[FIRST].close()

    assert scope.token["shard0"].timeline == positions.ask("shard0").timeline
    assert "no replica any more" in servers.of(FIRST).breaker.reason


@real_servers
def test_a_primary_that_was_replaced_answers_nobody(make_account):
    account = make_account(shard="shard0")
    servers.history("shard0").timeline = 99

    with scopes.scope(), pytest.raises(OperationalError, match="on timeline"):
        Profile.objects.using("shard0").get(id=account.pk)

    assert connections["shard0"].connection is None or run("shard0", "SELECT 1") == (1,)


@real_servers
def test_a_token_of_servers_that_are_gone_for_good_keeps_nobody_out(make_account):
    account = make_account("reader", shard="shard0")
    before = connections["shard0"].connection

    with scopes.scope({"shard0": Position(99, 1)}):
        assert Profile.objects.get(id=account.pk).username == "reader"

    assert connections["shard0"].connection is not before


def kill_backend(alias):
    """End the session of this thread on a server, as its death would."""
    connection = connections[alias].connection
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as other:
        other.execute("SELECT pg_terminate_backend(%s, 2000)", [connection.info.backend_pid])
