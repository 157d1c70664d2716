"""What a page is about to ask is looked for together, and only where memory lacks something."""

import time

import pytest

from apps.caching import ahead, flights, memory, recent, stats, store
from apps.caching.queries import cached, cached_many
from apps.cluster import processes
from apps.kernel import waiting
from apps.replication import scopes
from apps.sharding.conf import conf

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]
LOADED = []


@cached("ahead.one", tags=lambda shard, n: [f"ahead.one:{n}"], group=lambda shard, n: shard)
def one(shard, n):
    LOADED.append((shard, n))
    return n


@cached_many("ahead.each", tags=lambda pk: [f"ahead.each:{pk}"])
def each(ids):
    LOADED.extend(ids)
    return {pk: str(pk) for pk in ids}


def forget():
    """Begin as where nobody has asked anything yet."""
    store.flush()
    memory.near().empty()


@pytest.fixture(autouse=True)
def trips(monkeypatch):
    """The calls that the data grid gets, by name."""
    assert processes.wait_for(lambda: memory.near().trusted, 10)
    forget()
    LOADED.clear()
    made = []
    for name in ("get_or_claim", "give", "get_or_lock", "put"):
        real = getattr(store, name)

        def noting(*args, _name=name, _real=real, **options):
            made.append(_name)
            return _real(*args, **options)

        monkeypatch.setattr(store, name, noting)
    return made


def ask(shards, ids, *, expected):
    with scopes.scope(), recent.remembering():
        if expected:
            wanted = [(one, shard, n) for shard in shards for n in range(3)]
            ahead.expect(*wanted, *((each, pk) for pk in ids))
        found = [one(shard, n) for shard in shards for n in range(3)]
        return found, each(ids)


def ids_on(shards, make_account):
    return [make_account(f"on-{shard}"[:15].replace("-", ""), shard=shard).pk for shard in shards]


def test_versions_and_values_come_together(trips, make_account):
    shards = conf().shards
    ids = ids_on(shards, make_account)
    expected = ([0, 1, 2] * len(shards), {pk: str(pk) for pk in ids})
    trips.clear()
    assert ask(shards, ids, expected=False) == expected
    alone, trips[:] = list(trips), []
    forget()
    LOADED.clear()

    assert ask(shards, ids, expected=True) == expected

    # For the tags of all shards and all questions, where it was once for each.
    assert trips == ["get_or_claim", "give", "get_or_lock", "put"]
    assert len(trips) < len(alone)
    assert len(LOADED) == len(set(LOADED)) == 3 * len(shards) + len(ids)


def test_what_the_grid_has_is_fetched_in_two_trips(trips, make_account):
    shards = conf().shards
    ids = ids_on(shards, make_account)
    first = ask(shards, ids, expected=False)
    LOADED.clear()
    memory.near().empty()
    trips.clear()

    assert ask(shards, ids, expected=True) == first

    assert LOADED == []
    assert trips == ["get_or_claim", "get_or_lock"]


def test_who_finds_all_in_memory_pays_nothing(trips, make_account):
    shards = conf().shards
    ids = ids_on(shards, make_account)

    def is_all_there():
        trips.clear()
        ask(shards, ids, expected=True)
        return trips == []

    assert processes.wait_for(is_all_there, 10)


def test_a_value_that_was_just_filled_is_in_memory(trips):
    with scopes.scope():
        one("shard0", 7)
        assert trips.count("put") == 1
        before = stats.of_process()["ahead.one"].get("near", 0)
        trips.clear()
        one("shard0", 7)

    assert "get_or_lock" not in trips
    assert stats.of_process()["ahead.one"]["near"] == before + 1


def test_without_the_grid_what_is_expected_is_asked_as_ever(monkeypatch, make_account):
    def away(*args, **options):
        raise store.LeftOut("not asked again yet")

    ids = ids_on(conf().shards, make_account)
    for name in ("get_or_claim", "get_or_lock"):
        monkeypatch.setattr(store, name, away)

    assert ask(conf().shards, ids, expected=True)[1] == {pk: str(pk) for pk in ids}


def test_what_fails_ahead_fails_for_who_asks_for_it_alone(trips):
    @cached("ahead.broken", tags=lambda shard: ["ahead.broken:1"], group=lambda shard: shard)
    def broken(shard):
        raise ValueError(shard)

    with scopes.scope(), recent.remembering():
        ahead.expect((one, "shard0", 1), (broken, "shard0"), (one, "shard0", 2))
        assert (one("shard0", 1), one("shard0", 2)) == (1, 2)
        # What was answered before it failed is not asked again.
        assert LOADED.count(("shard0", 1)) == 1
        with pytest.raises(ValueError, match="shard0"):
            broken("shard0")


def test_who_fills_several_does_not_wait_for_himself(trips):
    @cached("ahead.outer", tags=lambda shard: ["ahead.one:1"], group=lambda shard: shard)
    def outer(shard):
        return one(shard, 1) + 1

    with scopes.scope(), recent.remembering():
        ahead.expect((outer, "shard0"), (one, "shard0", 1))
        begun = time.monotonic()
        assert (outer("shard0"), one("shard0", 1)) == (2, 1)

    assert time.monotonic() - begun < flights.FILL_MS / 1000


def test_a_reader_has_seen_what_he_takes_and_no_more(trips):
    with scopes.scope() as scope, recent.remembering():
        ahead.expect((one, "shard0", 1), (one, "shard1", 1))
        one("shard0", 1)

        assert LOADED == [("shard0", 1), ("shard1", 1)]
        assert "shard0" in scope.token
        assert "shard1" not in scope.token
        one("shard1", 1)
        assert "shard1" in scope.token


def test_what_may_not_wait_leaves_it_to_who_may(trips):
    with scopes.scope(), recent.remembering():
        ahead.expect((one, "shard0", 1), (one, "shard0", 2))
        with pytest.raises(waiting.WouldWait), waiting.refused():
            one("shard0", 1)
        assert trips == ["get_or_claim"] or trips == []
        trips.clear()
        assert (one("shard0", 1), one("shard0", 2)) == (1, 2)

    assert trips.count("get_or_claim") == trips.count("give") == 1
