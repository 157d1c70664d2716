"""Many values at once, and values before those that are being filled."""

import threading

import pytest

from apps.caching import flights, store
from apps.caching.queries import cached, cached_many
from apps.caching.tests.counted import add, in_a_thread
from apps.posts.models import Tally
from apps.replication import positions, scopes
from apps.sharding import querysets

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

ASKED, GATES = [], []


def tags(owner_id):
    return [f"posts.tally:{owner_id}"]


@cached_many("test.many", tags=tags)
def likes(owner_ids):
    ASKED.append(sorted(owner_ids))
    if GATES:
        GATES.pop()()
    found = {}
    for group in querysets.by_shard(owner_ids).values():
        rows = Tally.objects.filter(owner_id__in=group).values_list("owner_id", "likes")
        found |= dict(rows)
    return found


@cached("test.stale", tags=tags, stale_seconds=5)
def patient(owner_id):
    if GATES:
        GATES.pop()()
    return Tally.of(owner_id)["likes"]


@pytest.fixture(autouse=True)
def clean():
    store._breaker.succeed()
    ASKED.clear()
    GATES.clear()


@pytest.fixture
def owners(make_account):
    made = [make_account(shard=shard).pk for shard in ("shard0", "shard1", "shard0")]
    for owner in made:
        add(owner)
    return made


def test_only_what_is_not_there_is_asked_for_and_all_at_once(owners):
    assert likes(owners[:2]) == dict.fromkeys(owners[:2], 1)

    assert likes(owners) == dict.fromkeys(owners, 1)

    assert [sorted(owners[:2]), [owners[2]]] == ASKED
    assert likes([]) == {}


def test_a_commit_touches_one_of_many(owners):
    likes(owners)

    add(owners[1])

    assert likes(owners) == {owners[0]: 1, owners[1]: 2, owners[2]: 1}
    assert ASKED[1:] == [[owners[1]]]


def test_what_is_not_found_is_remembered_as_well(owners, make_account):
    nobody = make_account().pk
    assert nobody not in likes([*owners, nobody])

    assert nobody not in likes([nobody])

    assert len(ASKED) == 1


def test_readers_of_overlapping_pages_fill_each_value_once(owners):
    filling, go_on = threading.Event(), threading.Event()
    GATES.append(lambda: (filling.set(), go_on.wait(10)))
    first = in_a_thread(lambda: likes(owners[:2]))
    assert filling.wait(10)
    found = []
    second = in_a_thread(lambda: found.append(likes(owners)))
    while len(ASKED) < 2:
        assert second.is_alive()

    go_on.set()
    first.join()
    second.join()

    assert found == [dict.fromkeys(owners, 1)]
    assert sorted(pk for asked in ASKED for pk in asked) == sorted(owners)


def filled_slowly(owner):
    """Have somebody fill the value of `patient` until the event that is returned is set."""
    filling, go_on = threading.Event(), threading.Event()
    GATES.append(lambda: (filling.set(), go_on.wait(10)))
    thread = in_a_thread(lambda: patient(owner))
    assert filling.wait(10)
    return thread, go_on


def test_who_allows_it_gets_the_value_before_instead_of_waiting(owners):
    with scopes.scope():
        assert patient(owners[0]) == 1
    add(owners[0])
    thread, go_on = filled_slowly(owners[0])

    with scopes.scope():
        assert patient(owners[0]) == 1

    go_on.set()
    thread.join()
    with scopes.scope():
        assert patient(owners[0]) == 2


def test_but_never_one_that_lacks_what_the_reader_has_seen(owners, monkeypatch):
    monkeypatch.setattr(flights, "FILL_MS", 500)
    with scopes.scope():
        assert patient(owners[0]) == 1
    add(owners[0])
    seen = {"shard0": positions.ask("shard0")}
    thread, go_on = filled_slowly(owners[0])

    with scopes.scope(seen):
        assert patient(owners[0]) == 2

    go_on.set()
    thread.join()
