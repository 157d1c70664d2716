"""Plans move little, and leave every server with its share, by rows and by writes."""

import random

import pytest

from apps.moves import planning
from apps.sharding.ids import BUCKETS

EVEN = planning.measures({})


def uneven(seed):
    rng = random.Random(seed)
    return {bucket: rng.paretovariate(1.5) for bucket in range(BUCKETS)}


def halves():
    return [f"shard{b * 2 // BUCKETS}" for b in range(BUCKETS)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("number", [3, 4, 7])
def test_each_server_ends_close_to_its_share_by_each_measure(seed, number):
    measured = planning.measures(uneven(seed), uneven(seed + 100))
    shards = [f"shard{n}" for n in range(number)]

    plan = planning.evenly(halves(), measured, shards)

    for measure in measured:
        found = planning.shares(planning.after(halves(), plan), measure)
        heaviest = max(measure.values())
        assert all(abs(found[s] - 1 / number) <= max(0.05 / number, heaviest) for s in shards)
    moved = sum(len(planned.buckets) for planned in plan)
    assert moved <= BUCKETS * (1 - 2 / number) * 1.2 + 8


def test_few_rows_and_many_writes_are_spread_apart():
    measured = planning.measures({0: 900, 1: 100, 2: 900, 3: 100}, {0: 1, 1: 9, 2: 1, 3: 9})

    plan = planning.evenly(["shard0"] * 4, measured, ["shard0", "shard1"])

    after = planning.after(["shard0"] * 4, plan)
    assert {after[0], after[2]} == {after[1], after[3]} == {"shard0", "shard1"}


def test_what_is_even_already_stays():
    homes = [f"shard{b * 4 // BUCKETS}" for b in range(BUCKETS)]

    assert planning.evenly(homes, EVEN, sorted(set(homes))) == []


def test_a_server_that_is_left_out_is_emptied():
    homes = [f"shard{b * 4 // BUCKETS}" for b in range(BUCKETS)]

    plan = planning.evenly(homes, EVEN, ["shard0", "shard1", "shard2"])

    after = planning.after(homes, plan)
    assert "shard3" not in after
    assert {planned.source for planned in plan} == {"shard3"}
    assert all(len(planned.buckets) <= 32 for planned in plan)
    assert max(map(after.count, set(after))) - min(map(after.count, set(after))) <= 1


def test_shares_are_of_the_whole():
    assert planning.measures({1: 100, 2: 300}, {}) == [{1: 0.25, 2: 0.75}]
    assert sum(EVEN[0].values()) == pytest.approx(1)
