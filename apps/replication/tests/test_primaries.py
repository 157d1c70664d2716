"""A primary that hangs or refuses: its replicas answer, and nobody waits to find out."""

import threading
import time

import pytest
from django.db import OperationalError, connections, transaction

from apps.accounts.models import Profile
from apps.cluster import processes
from apps.replication import scopes, servers, watchers
from apps.replication.servers import ServerAway
from apps.replication.tests.conftest import REPLICAS, run, wait_for_replicas

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.usefixtures("caught_up"),
]


@pytest.fixture
def told():
    """What the watch says, in its order."""
    said = []
    watchers.on_change(listener := lambda alias, is_up: said.append((alias, is_up)))
    yield said
    watchers._listeners.remove(listener)


def is_back(alias="shard0"):
    return processes.wait_for(lambda: not servers.of(alias).is_away, 20)


def begin_request(alias="shard0"):
    connections[alias].health_check_enabled = True
    connections[alias].health_check_done = False


def test_reads_go_on_from_a_replica_and_are_marked(make_account, stopped, told):
    account = make_account("reader", shard="shard0")
    wait_for_replicas()
    with stopped("shard0"):
        begin_request()
        with scopes.scope(
            {"shard0": servers.history("shard0").latest._replace(lsn=2**60)}
        ) as scope:
            assert Profile.objects.get(id=account.pk).username == "reader"
        assert set(scope.aged) == scope.behind == {"shard0"}
        assert scope.answered["shard0"] <= set(REPLICAS)
        assert servers.of("shard0").is_away

    assert is_back()
    assert told == [("shard0", False), ("shard0", True)]


def test_what_must_be_certain_and_what_writes_is_refused_at_once(make_account, stopped):
    account = make_account(shard="shard0")
    wait_for_replicas()
    with stopped("shard0"):
        begin_request()
        with scopes.scope(), scopes.primary(), pytest.raises(OperationalError):
            Profile.objects.get(id=account.pk)
        connections["shard0"].close()
        began = time.monotonic()
        for _ in range(50):
            with scopes.scope(), pytest.raises(ServerAway):
                Profile.objects.filter(id=account.pk).update(name="x")
            with scopes.scope(), scopes.primary(), pytest.raises(ServerAway):
                Profile.objects.get(id=account.pk)
        took = time.monotonic() - began

    print(f"100 refusals took {took:.2f} s")
    assert took < 5
    assert is_back()
    Profile.objects.filter(id=account.pk).update(name="x")


def test_who_sees_whom_is_not_read_from_a_replica_that_may_lack_something(make_account, stopped):
    account = make_account(shard="shard0")
    wait_for_replicas()
    ahead = servers.history("shard0").latest._replace(lsn=2**60)
    with stopped("shard0"):
        servers.of("shard0").leave_out("away")
        with scopes.scope() as scope, scopes.exact():
            assert Profile.objects.filter(id=account.pk).exists()
        assert not scope.behind
        servers.history("shard0").saw(ahead, time.monotonic())
        begin_request()
        with scopes.scope(), scopes.exact(), pytest.raises(ServerAway):
            Profile.objects.filter(id=account.pk).exists()


def test_a_statement_under_way_when_its_primary_hangs_is_let_go(make_account, stopped):
    make_account(shard="shard0")
    failed, began = [], []

    def wait():
        try:
            with scopes.scope():
                run("shard0", "SELECT 1")
                began.append(time.monotonic())
                run("shard0", "SELECT pg_sleep(20)")
        except OperationalError as error:
            failed.append((time.monotonic() - began[0], str(error)))
        finally:
            connections.close_all()

    thread = threading.Thread(target=wait)
    thread.start()
    assert processes.wait_for(lambda: began, 10)
    with stopped("shard0"):
        thread.join(15)
        assert not thread.is_alive()

    print(f"let go after {failed[0][0]:.1f} s: {failed[0][1]}")
    assert is_back()


def test_a_long_statement_on_a_primary_that_is_well_goes_on(make_account):
    make_account(shard="shard0")

    with scopes.scope():
        run("shard0", "SELECT pg_sleep(3.5)")

    assert not servers.of("shard0").is_away


def test_so_many_threads_at_most_wait_for_one_server(settings):
    settings.REPLICATION_SLOTS = 2
    servers.forget()
    outcomes = []

    def wait():
        try:
            # Else it would be read from a replica, which has two places as well.
            with scopes.scope(), scopes.primary():
                run("shard0", "SELECT pg_sleep(5)")
            outcomes.append("done")
        except ServerAway:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=wait) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["done", "done", "refused", "refused", "refused"]


def test_who_holds_a_lock_is_not_kept_from_what_comes_next(settings):
    settings.REPLICATION_SLOTS = 2
    servers.forget()
    outcomes, start = [], threading.Barrier(6)

    def write():
        start.wait()
        try:
            with scopes.scope(), transaction.atomic(using="shard0"):
                run("shard0", "SELECT pg_advisory_xact_lock(4711)")
                # By now the others wait for the lock, with all the places that there are.
                time.sleep(0.2)
                run("shard0", "SELECT 1")
            outcomes.append("done")
        except ServerAway:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == ["done"] * 6
