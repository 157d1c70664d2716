"""A list over shards of which some are away now and then: nothing is left out, whatever happens."""

import random

import pytest

from apps.kernel.errors import BadCursor
from apps.sharding import places
from apps.sharding.places import FIRST, Place

SHARDS = ("shard0", "shard1", "shard2")
LIMIT = 5


def page_over_shards(rows, place, away):
    """Return what a page of lists by shard shows, and the place after it."""
    below = [row for row, shard in rows.items() if shard not in away and row < place.of(shard)]
    found = sorted(below, reverse=True)
    reached = found[LIMIT - 1] if len(found) > LIMIT else None
    return found[:LIMIT], place.below(reached, away)


def page_of_one_list(rows, place, away):
    """Return what a page of one list shows whose rows need one or two shards."""

    def fetch(before):
        return sorted((row for row in rows if row < before), reverse=True)[: LIMIT + 1]

    awake = place.without(away)
    found, reached = places.walk(awake, fetch, limit=LIMIT, key=int, needs=lambda row: rows[row])
    shown = [row for row in found if not rows[row] & away]
    return shown, place.below(reached, away, since=awake.highest)


def whole(rows, page, rng):
    """Page to the end, while shards go and come; at last all are there."""
    shown, place, pages = [], FIRST, 0
    while place is not None:
        away = {s for s in SHARDS if rng.random() < 0.3} if pages < 12 else set()
        found, place = page(rows, place, away)
        assert place is None or places.parse(str(place)) == place
        shown += found
        pages += 1
        assert pages < 200
    return shown


@pytest.mark.parametrize("seed", range(50))
def test_shards_that_go_and_come_leave_nothing_out_and_nothing_doubled(seed):
    rng = random.Random(seed)
    rows = {row: rng.choice(SHARDS) for row in rng.sample(range(1, 1000), 60)}

    shown = whole(rows, page_over_shards, rng)

    assert sorted(shown) == sorted(rows)


@pytest.mark.parametrize("seed", range(50))
def test_rows_that_need_several_shards_are_all_shown(seed):
    rng = random.Random(seed)
    rows = {
        row: set(rng.sample(SHARDS, rng.choice((1, 1, 1, 2)))) for row in rng.sample(range(999), 60)
    }

    shown = whole(rows, page_of_one_list, rng)

    assert set(shown) == set(rows)


def test_with_all_shards_there_a_cursor_is_an_id():
    rows = dict.fromkeys(range(1, 13), "shard0")

    found, place = page_over_shards(rows, FIRST, set())

    assert (found, str(place)) == ([12, 11, 10, 9, 8], "8")
    assert place.below(None, set()) is None


def test_a_walk_that_finds_little_ends_at_a_place_to_go_on_from():
    rows = {row: {"shard0"} for row in range(1, 1001)}
    owed = Place(1, {"shard1": 1001})

    found, reached = places.walk(
        owed,
        lambda before: sorted((r for r in rows if r < before), reverse=True)[: LIMIT + 1],
        limit=LIMIT,
        key=int,
        needs=lambda row: rows[row],
    )

    assert found == []
    assert str(owed.below(reached, set())) == f"1.shard1-{reached}"


@pytest.mark.parametrize("text", ["x", "-1", "1.", "1.shard0", "1.shard0-", "1.Shard-2", "9" * 30])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(BadCursor):
        places.parse(text)
