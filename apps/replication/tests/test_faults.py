"""Replicas that hang, refuse, lag, or end a read: each costs little, and never a wrong answer."""

import threading
import time

import pytest
from django.core.signals import request_finished
from django.db import InternalError, OperationalError, connections

from apps.accounts import services as accounts
from apps.accounts.models import Profile
from apps.replication import replicas, scopes, servers
from apps.replication.tests.conftest import REPLICAS, pause, resume, run, wait_for_replicas

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.usefixtures("caught_up"),
]
FIRST, SECOND = REPLICAS


def reader(account, names, took):
    """Read a profile in a scope as a request does, and note the time that it took."""
    began = time.monotonic()
    with scopes.scope():
        names.append(Profile.objects.get(id=account.pk).username)
    took.append(time.monotonic() - began)


def in_threads(count, work):
    def run_and_close():
        try:
            work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run_and_close) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_server_that_hangs_costs_the_process_one_time_out(make_account, stopped, settings):
    settings.REPLICATION_GROUPS = {**settings.REPLICATION_GROUPS, "shard0": (FIRST,)}
    account = make_account("reader", shard="shard0")
    wait_for_replicas(FIRST)
    names, took = [], []
    reader(account, names, took)

    with stopped(FIRST):
        connections[FIRST].health_check_done = False
        reader(account, names, first := [])
        for _ in range(20):
            in_threads(4, lambda: reader(account, names, took))

    print(f"first {first[0]:.2f} s, then at most {max(took):.3f} s")
    assert set(names) == {"reader"}
    assert first[0] < 2
    # Whoever tries again when the pause is over waits for a connection, two seconds at most.
    slow = sorted(took)[-3:]
    assert sum(seconds > 0.5 for seconds in took) <= 3, slow


def test_threads_that_meet_a_server_that_hangs_do_not_each_wait_for_it(
    make_account, stopped, settings
):
    settings.REPLICATION_GROUPS = {**settings.REPLICATION_GROUPS, "shard0": (FIRST,)}
    account = make_account(shard="shard0")
    wait_for_replicas(FIRST)
    took, names = [], []
    asks = threading.Event()

    def one_after_another():
        asks.wait()
        reader(account, names, took)

    with stopped(FIRST):
        connections[FIRST].close()
        pathfinder = threading.Thread(target=in_threads, args=(1, lambda: reader(account, [], [])))
        pathfinder.start()
        while servers.of(FIRST).may_be_asked():
            time.sleep(0.01)
        asks.set()
        in_threads(8, one_after_another)
        pathfinder.join()

    assert len(names) == 8
    assert max(took) < 1


def test_a_server_that_is_back_is_asked_again(make_account, stopped):
    account = make_account(shard="shard0")
    wait_for_replicas()
    with stopped(FIRST), scopes.scope():
        connections[FIRST].close()
        servers.of(FIRST).leave_out("silent")
        assert {replicas.choose("shard0") for _ in range(20)} == {SECOND}

    servers.of(FIRST).breaker.open_until = 0

    with scopes.scope():
        assert {replicas.choose("shard0") for _ in range(40)} == set(REPLICAS)
    assert servers.of(FIRST).breaker.in_a_row == 0
    assert account.pk


def test_a_read_under_way_on_a_server_that_hangs_runs_again_on_the_primary(
    make_account, stopped, settings
):
    settings.REPLICATION_GROUPS = {**settings.REPLICATION_GROUPS, "shard0": (FIRST,)}
    settings.REPLICATION_READ_SECONDS = 0.5
    account = make_account("reader", shard="shard0")
    wait_for_replicas(FIRST)

    with scopes.scope() as scope:
        assert Profile.objects.get(id=account.pk).username == "reader"
        with stopped(FIRST):
            began = time.monotonic()
            # It was chosen before it stopped.
            assert Profile.objects.using(FIRST).get(id=account.pk).username == "reader"
            took = time.monotonic() - began
    assert took < 2
    assert scope.answered["shard0"] == {FIRST, "shard0"}
    assert servers.of(FIRST).breaker.state == "left out"


def test_a_read_cancelled_by_recovery_runs_again(make_account, settings):
    settings.REPLICATION_GROUPS = {**settings.REPLICATION_GROUPS, "shard0": (FIRST,)}
    account = make_account(shard="shard0")
    run(FIRST, "ALTER SYSTEM SET max_standby_streaming_delay = '0'")
    run(FIRST, "SELECT pg_reload_conf()")
    wait_for_replicas(FIRST)
    answers = []

    def slow_read():
        # Both rows are read by a statement that lasts until after the lock of the primary.
        query = "SELECT username, pg_sleep(1.5) FROM accounts_profile WHERE id = %s"
        with scopes.scope() as scope:
            assert replicas.choose("shard0") == FIRST
            with connections[FIRST].cursor() as cursor:
                cursor.execute(query, [account.pk])
                answers.append((cursor.fetchall(), scope.answered["shard0"]))

    try:
        thread = threading.Thread(target=in_threads, args=(1, slow_read))
        thread.start()
        while not servers.of(FIRST).reads:
            time.sleep(0.01)
        time.sleep(0.2)
        run("shard0", "ALTER TABLE accounts_profile SET (fillfactor = 90)")
        run("shard0", "ALTER TABLE accounts_profile ADD COLUMN brief int")
        thread.join()
    finally:
        run("shard0", "ALTER TABLE accounts_profile DROP COLUMN IF EXISTS brief")
        run("shard0", "ALTER TABLE accounts_profile RESET (fillfactor)")
        run(FIRST, "ALTER SYSTEM RESET max_standby_streaming_delay")
        run(FIRST, "SELECT pg_reload_conf()")

    ((rows, answered),) = answers
    assert [row[0] for row in rows] == [account.username]
    assert answered == {"shard0"}
    # A conflict is not a fault of the server: it is asked again at once.
    assert servers.of(FIRST).breaker.failures == 0


def test_a_statement_that_is_slow_by_itself_is_not_run_again(settings):
    with scopes.scope(), connections[FIRST].cursor() as cursor:
        run(FIRST, "SET statement_timeout = 50")
        try:
            with pytest.raises(OperationalError, match="statement timeout"):
                cursor.execute("SELECT pg_sleep(5)")
        finally:
            connections[FIRST].close()


def test_a_replica_too_far_behind_is_left_out_until_it_has_caught_up(make_account, settings):
    settings.REPLICATION_MAX_LAG_SECONDS = 0.05
    account = make_account(shard="shard0")
    wait_for_replicas()
    pause(FIRST)
    accounts.edit_profile(account_id=account.pk, name="new", bio="")
    wait_for_replicas(SECOND)
    time.sleep(0.06)

    with scopes.scope():
        assert {replicas.choose("shard0") for _ in range(20)} == {SECOND}
    (report, _) = [r for r in servers.reports() if r.group == "shard0"]
    assert (report.alias, report.state, report.failures) == (FIRST, "left out", 1)
    assert report.behind_bytes > 0
    assert report.behind_seconds > 0.05

    resume(FIRST)
    wait_for_replicas()
    servers.of(FIRST).breaker.open_until = 0
    with scopes.scope():
        assert {replicas.choose("shard0") for _ in range(40)} == set(REPLICAS)


def test_the_replica_with_the_fewest_reads_in_flight_is_chosen():
    with scopes.scope(), servers.of(FIRST).reading():
        assert {replicas.choose("shard0") for _ in range(30)} == {SECOND}


def test_a_server_that_is_no_primary_any_more_is_left_after_the_request():
    connection = connections["shard0"]
    run("shard0", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    with pytest.raises(InternalError, match="read-only"):
        run("shard0", "CREATE TABLE refused ()")

    connection.close_if_unusable_or_obsolete()
    request_finished.send(sender=None)

    run("shard0", "CREATE TABLE taken ()")
    run("shard0", "DROP TABLE taken")


def test_all_replicas_away_means_the_primary(make_account):
    for alias in REPLICAS:
        servers.of(alias).leave_out("away")

    with scopes.scope():
        assert replicas.choose("shard0") == "shard0"
