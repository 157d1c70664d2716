"""The near cache by itself, with nobody on the line."""

import pytest

from apps.grid.near_cache import Entry, Near, clock


@pytest.fixture
def near():
    near = Near(10_000)
    near.trust(near.epoch, clock() + 60)
    return near


def fill(near, key, value="v", until=60.0):
    near.end(near.begin([key]), {key: Entry(value, False, clock() + until)})


def test_a_filled_key_is_found_and_counted(near):
    fill(near, "a", 7)

    assert near.find("a").value == 7
    assert near.find("b") is None
    assert (near.hits, near.misses) == (1, 1)


def test_many_are_found_as_one_by_one(near):
    fill(near, "a", 7)
    fill(near, "gone", until=-1)

    found = near.find_all(["a", "b", "gone"])
    assert {key: entry.value for key, entry in found.items()} == {"a": 7}
    assert (near.hits, near.misses) == (1, 2)
    assert near.hottest(5) == [("a", 1)]
    near.trust(near.epoch, clock() - 1)
    assert near.find_all(["a", "b"]) == {}
    assert (near.hits, near.misses) == (1, 4)


def test_a_fill_that_raced_an_invalidation_is_dropped(near):
    tickets = near.begin(["a"])
    near.invalidate(["a"])
    near.end(tickets, {"a": Entry("old", False, clock() + 60)})

    assert near.find("a") is None


def test_a_fill_that_raced_a_later_fill_is_dropped(near):
    early, late = near.begin(["a"]), near.begin(["a"])
    near.end(late, {"a": Entry("new", False, clock() + 60)})
    near.end(early, {"a": Entry("old", False, clock() + 60)})

    assert near.find("a").value == "new"


def test_a_write_takes_the_key_out_and_lets_no_fill_in_until_it_is_answered(near):
    fill(near, "a")
    early = near.begin(["a"])
    with near.writing(["a"]):
        assert near.find("a") is None
        near.end(early, {"a": Entry("old", False, clock() + 60)})
        fill(near, "a", "old")
        with near.writing(["a"]):
            pass
        fill(near, "a", "old")
    assert near.find("a") is None
    fill(near, "a", "new")
    assert near.find("a").value == "new"


def test_rewriting_and_doubt_void_all_fills(near):
    for spoil in (near.empty, near.doubt, near.reset):
        near.trust(near.epoch, clock() + 60)
        fill(near, "kept")
        tickets = near.begin(["a"])
        spoil()
        near.end(tickets, {"a": Entry("old", False, clock() + 60)})
        assert (len(near), near.bytes) == (0, 0)
    near.trust(near.epoch, clock() + 60)
    with near.rewriting():
        assert near.begin(["a"]) == {}


def test_trust_ends_by_itself_and_is_not_given_in_a_past_epoch(near):
    fill(near, "a")
    epoch = near.epoch
    near.trust(epoch, clock() - 1)
    assert near.find("a") is None
    near.doubt()
    near.trust(epoch, clock() + 60)
    assert near.begin(["a"]) == {}


def test_an_entry_ends_with_its_value_on_the_server(near):
    fill(near, "a", until=-0.001)

    assert near.find("a") is None


def test_it_stays_below_its_bound_and_keeps_what_is_asked_for(near):
    for number in range(1000):
        fill(near, f"k{number}", "x" * 100)
        near.find("k0")
        assert near.bytes <= near.most
    assert near.find("k0") is not None
    assert near.evicted > 900
    assert near.bytes == sum(entry.size for entry in near._entries.values())
    fill(near, "large", "x" * 20_000)
    assert near.find("large") is None
