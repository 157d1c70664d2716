import os
import signal
import threading

import pytest
from django.db import IntegrityError, connections, transaction

from apps.caching import debts, flights, keys, stats, store, triggers
from apps.caching.queries import Query, cached
from apps.caching.tests.counted import add
from apps.cluster import processes
from apps.posts.models import Tally
from apps.replication import scopes
from apps.replication.tokens import Position
from apps.sharding import shards

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@cached("test.likes", tags=lambda owner_id: [f"posts.tally:{owner_id}"])
def likes(owner_id):
    CALLS.append(owner_id)
    if GATES:
        GATES.pop()()
    return sum(Tally.objects.filter(owner_id=owner_id).values_list("likes", flat=True)) or None


CALLS, GATES = [], []


def asking(name):
    """Return a query of likes as `cached` makes it."""
    return Query(name, list, lambda ask: [f"posts.tally:{ask[0][0]}"], str)


def key_of(query, pk):
    """Return the key of a query about one id, on the first shard."""
    return keys.keys_of({"shard0": [(query, ((pk,), ()))]})["shard0"][0]


@pytest.fixture(autouse=True)
def clean():
    store._breaker.succeed()
    store.flush()
    CALLS.clear()
    GATES.clear()
    yield
    store._breaker.succeed()  # open after a test that killed Valkey


@pytest.fixture
def owner(make_account):
    return make_account(shard="shard0").pk


def test_a_value_is_asked_for_once_until_a_commit_touches_it(owner, make_account):
    other = make_account(shard="shard0").pk
    add(owner, 3)

    assert [likes(owner) for _ in range(5)] == [3] * 5
    assert len(CALLS) == 1
    add(other)
    assert likes(owner) == 3
    assert len(CALLS) == 1
    add(owner)
    assert [likes(owner) for _ in range(5)] == [4] * 5
    assert len(CALLS) == 2


def test_what_is_known_of_asks_is_bounded_and_forgotten_without_harm(make_account, monkeypatch):
    monkeypatch.setattr(keys, "MOST_KNOWN", 3)
    owners = [make_account(shard="shard0").pk for _ in range(8)]
    query = asking("test.bounded")

    first = [key_of(query, pk) for pk in owners]
    assert len(set(first)) == 8
    assert [key_of(query, pk) for pk in owners] == first
    assert 0 < len(keys._asks) <= 3
    add(owners[-1])
    assert key_of(query, owners[-1]) != first[-1]


def test_a_list_may_be_an_argument_and_is_looked_at_each_time(owner):
    @cached("test.listed", tags=lambda _, ids: [f"posts.tally:{pk}" for pk in ids])
    def listed(owner_id, ids):
        CALLS.append(owner_id)
        return len(ids)

    wanted = [owner]
    assert [listed(owner, wanted), listed(owner, wanted)] == [1, 1]
    assert len(CALLS) == 1
    wanted.append(owner + 1)
    assert listed(owner, wanted) == 2
    add(owner)
    assert listed(owner, wanted) == 2
    assert len(CALLS) == 3


def test_nothing_is_an_answer_too(owner):
    assert [likes(owner) for _ in range(3)] == [None] * 3
    assert len(CALLS) == 1
    add(owner)
    assert likes(owner) == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda rows: rows.update(likes=7),
        lambda rows: Tally.objects.using("shard0").bulk_update(_set(rows, 7), ["likes"]),
        lambda rows: connections["shard0"].cursor().execute("UPDATE posts_tally SET likes = 7"),
        lambda rows: _in_atomic(lambda: rows.update(likes=7)),
    ],
)
def test_every_way_of_writing_counts(owner, write):
    add(owner)
    assert likes(owner) == 1

    write(Tally.objects.using("shard0").filter(owner_id=owner))

    assert likes(owner) == 7


def test_deleted_is_gone_from_the_cache_too(owner):
    add(owner)
    assert likes(owner) == 1

    Tally.objects.using("shard0").filter(owner_id=owner).delete()

    assert likes(owner) is None


def test_a_truncated_table_touches_all(owner):
    add(owner)
    assert likes(owner) == 1

    with connections["shard0"].cursor() as cursor:
        cursor.execute("TRUNCATE posts_tally")

    assert likes(owner) is None


def _set(rows, number):
    found = list(rows)
    for row in found:
        row.likes = number
    return found


def _in_atomic(work):
    with transaction.atomic(using="shard0"):
        work()


def test_a_row_that_moves_touches_where_it_was_and_where_it_comes(owner, make_account):
    other = make_account(shard="shard0").pk
    add(owner, 5)
    assert (likes(owner), likes(other)) == (5, None)

    Tally.objects.using("shard0").filter(owner_id=owner).update(owner_id=other)

    assert (likes(owner), likes(other)) == (None, 5)


def test_what_is_rolled_back_changes_nothing(owner):
    add(owner)
    assert likes(owner) == 1
    with pytest.raises(IntegrityError), shards.atomic_for(owner):
        Tally.add(owner, by=1, likes=1)
        raise IntegrityError
    with shards.atomic_for(owner):
        with pytest.raises(IntegrityError), transaction.atomic(using="shard0"):
            Tally.add(owner, by=1, likes=1)
            raise IntegrityError

    assert likes(owner) == 1
    assert len(CALLS) == 1


def test_inside_a_transaction_the_cache_is_left_alone(owner):
    add(owner)
    assert likes(owner) == 1
    with shards.atomic_for(owner):
        Tally.add(owner, by=1, likes=1)
        assert likes(owner) == 2
        assert elsewhere(lambda: likes(owner)) == 1
    assert likes(owner) == 2


def elsewhere(work):
    """Do something in another thread, as another process would: returns its result."""
    found = []

    def run():
        try:
            found.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return found[0]


def test_a_reader_who_stalls_with_the_old_row_leaves_nothing_behind(owner):
    """Reads the old row, stalls; the writer commits; the reader stores: under the old key."""
    add(owner)
    GATES.append(lambda: None)
    stalled, go_on, stored = threading.Event(), threading.Event(), threading.Event()
    real = store.put

    def slow(*args, **options):
        stalled.set()
        assert go_on.wait(10)
        done = real(*args, **options)
        stored.set()
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "put", slow)
        thread = threading.Thread(target=lambda: (likes(owner), connections.close_all()))
        thread.start()
        assert stalled.wait(10)
        patch.setattr(store, "put", real)
        add(owner)
        go_on.set()
        assert stored.wait(10)
        thread.join()

    assert likes(owner) == 2


def test_during_a_commit_nobody_trusts_or_fills(owner):
    add(owner)
    assert likes(owner) == 1
    store.mark("shard0", [f"posts.tally:{owner}"], "somebody")

    assert [likes(owner) for _ in range(3)] == [1] * 3
    assert len(CALLS) == 4


def test_a_writer_that_dies_between_leaves_nothing_stale(owner, monkeypatch):
    """Killed after COMMIT, before the bump: its mark ends, and the primary is asked."""
    monkeypatch.setattr(store, "MARK_MS", 300)
    add(owner)
    assert likes(owner) == 1
    with monkeypatch.context() as killed:
        killed.setattr(store, "bump", lambda *args: None)
        add(owner)

    assert likes(owner) == 2
    assert processes.wait_for(lambda: likes(owner) == 2 and _trusted(owner), 5)
    assert likes(owner) == 2


def _trusted(owner):
    before = len(CALLS)
    likes(owner)
    return len(CALLS) == before


def test_two_commits_at_once_leave_the_higher_version(owner):
    tag = f"posts.tally:{owner}"

    def version():
        return store.get_many([store.tag_key("shard0", tag)])[0].decode()

    store.mark("shard0", [tag], "one")
    store.mark("shard0", [tag], "two")
    store.bump("shard0", [tag], "one", Position(1, 900))
    assert version().startswith("!two|")

    store.bump("shard0", [tag], "two", Position(1, 100))

    assert store.reached(version()) == (1, 900)
    assert version().endswith(".two")
    store.bump("shard0", [tag], "late", Position(1, 50))
    assert store.reached(version()) == (1, 900)
    store.bump("shard0", [tag], "promoted", Position(2, 700))
    assert store.reached(version()) == (2, 700)


def test_200_readers_fill_once(owner):
    add(owner)
    together = threading.Barrier(20)
    found = []

    def read():
        try:
            together.wait(20)
            found.extend(likes(owner) for _ in range(10))
        finally:
            connections.close_all()

    likes(owner)
    add(owner)
    CALLS.clear()
    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [2] * 200
    assert len(CALLS) == 1


def test_a_dead_holder_delays_nobody_beyond_its_time_and_its_late_store_is_refused(
    owner, monkeypatch
):
    monkeypatch.setattr(flights, "FILL_MS", 300)
    add(owner)
    key = key_of(asking("test.likes"), owner)
    assert store.get_or_lock([key.name], "dead", 300) == [True]

    assert likes(owner) == 1
    assert store.put({key.name: b"old"}, "dead") == [False]
    assert likes(owner) == 1


def test_a_replica_that_is_behind_fills_nothing(owner, replicas_paused):
    add(owner)
    with scopes.scope():
        assert likes(owner) == 1
    add(owner)

    with scopes.scope():
        assert likes(owner) == 2


def test_who_takes_a_value_reads_nothing_older_afterwards(owner, replicas_paused):
    add(owner)
    likes(owner)

    with scopes.scope() as reader:
        assert likes(owner) == 1
        assert reader.token["shard0"].lsn > 0
        assert Tally.objects.filter(owner_id=owner).exists()


@pytest.fixture
def replicas_paused(settings):
    """Hold back what replicas replay; the test goes on with their past."""
    aliases = [alias for group in settings.REPLICATION_GROUPS.values() for alias in group]
    _execute(aliases, "SELECT pg_wal_replay_pause()")
    yield
    _execute(aliases, "SELECT pg_wal_replay_resume()")


def _execute(aliases, sql):
    for alias in aliases:
        with connections[alias].cursor() as cursor:
            cursor.execute(sql)


def test_with_valkey_killed_answers_are_right_and_stay_so(owner, cluster):
    add(owner)
    assert likes(owner) == 1
    os.kill(cluster.valkey().process.pid, signal.SIGKILL)

    assert likes(owner) == 1
    add(owner)
    assert likes(owner) == 2
    cluster.up()
    assert processes.wait_for(lambda: likes(owner) == 2, 5)
    assert debts.pay() >= 1
    assert likes(owner) == 2
    assert stats.of_process()["test.likes"]["away"] > 0


def test_many_rows_at_once_touch_the_whole_family(owner, make_account):
    add(owner)
    assert likes(owner) == 1

    with connections["shard0"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO posts_tally (owner_id, slot, likes, reposts, replies, posts) "
            "SELECT id, 7, 1, 0, 0, 0 FROM generate_series(%s::bigint, %s::bigint + 600) AS id "
            "ON CONFLICT (owner_id, slot) DO UPDATE SET likes = 9",
            [owner, owner],
        )

    assert likes(owner) == 2


def test_what_no_trigger_knows_is_touched_by_hand_with_its_transaction(owner):
    tag = f"posts.tally:{owner}"
    add(owner)
    likes(owner)
    before = len(CALLS)

    with pytest.raises(RuntimeError), shards.atomic_for(owner):
        triggers.touch("shard0", [tag])
        raise RuntimeError
    likes(owner)
    assert len(CALLS) == before

    with shards.atomic_for(owner):
        triggers.touch("shard0", [tag])
    likes(owner)
    assert len(CALLS) == before + 1


def test_a_touch_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError, match="open transaction on shard0"):
        triggers.touch("shard0", ["posts.tally:1"])


def test_who_knows_a_value_to_be_past_gets_the_next_one_or_the_right_to_make_it():
    first, second = b"first:and more", b"second:and more"
    assert store.newer_or_lock("page", "", "one", 2000) == "one"
    assert store.newer_or_lock("page", "", "two", 2000) == "one"
    assert store.put({"page": first}, "one") == [True]

    assert store.newer_or_lock("page", "", "two", 2000) == first
    assert store.newer_or_lock("page", "second", "two", 2000) == first
    assert store.newer_or_lock("page", "first:", "two", 2000) == "two"
    assert store.newer_or_lock("page", "first:", "one", 2000) == "two"
    assert store.newer_or_lock("page", "", "one", 2000) == first
    assert store.put({"page": second}, "two") == [True]

    assert store.newer_or_lock("page", "first:", "one", 2000) == second
