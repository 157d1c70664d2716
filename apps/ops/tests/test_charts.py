"""Lag from positions over time, and what is drawn of it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from apps.ops import charts, lag
from apps.ops.sampling import Point


def points(*rows):
    return [Point(float(at), {"p": primary, "r": replica}) for at, primary, replica in rows]


def test_a_replica_is_as_far_behind_as_its_primary_has_been_further():
    track = lag.behind(
        points((0, 10, 10), (2, 20, 10), (4, 30, 10), (6, 30, 25), (8, 30, 30)), "p", "r"
    )

    assert track == [(0.0, 0.0), (2.0, 0.0), (4.0, 2.0), (6.0, 2.0), (8.0, 0.0)]


def test_a_primary_that_writes_nothing_leaves_nobody_behind():
    assert lag.behind(points((0, 10, 10), (500, 10, 10)), "p", "r")[-1] == (500.0, 0.0)


def test_what_could_not_be_asked_is_a_gap_and_not_a_zero():
    track = lag.behind(points((0, 10, 10), (2, 20, None), (4, None, 10), (6, None, 20)), "p", "r")

    assert [value for _, value in track] == [0.0, None, 2.0, 0.0]
    line = charts.chart({"r": track}, until=6.0, seconds=6.0).lines[0]
    assert line.path.count("M") == 2
    assert line.away.count("M") == 1


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 50), st.integers(0, 50)), min_size=1))
def test_no_lag_is_negative_or_longer_than_what_was_watched(steps):
    at, primary, replica, rows = 0, 0, 0, []
    for pause, written, replayed in steps:
        at, primary = at + pause, primary + written
        replica = min(primary, replica + replayed)
        rows.append((at, primary, replica))
    track = lag.behind(points(*rows), "p", "r")

    assert all(0 <= value <= at - rows[0][0] for _, value in track)
    assert all((value == 0) or row[2] < row[1] for (_, value), row in zip(track, rows, strict=True))


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=50))
def test_every_line_stays_inside_its_chart(values):
    track = [(float(at), value) for at, value in enumerate(values)]
    drawn = charts.chart({"r": track}, until=len(values) - 1.0, seconds=max(1.0, len(values) - 1.0))

    for line in drawn.lines:
        for x, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", line.path):
            assert -0.1 <= float(x) <= charts.WIDTH + 0.1
            assert -0.1 <= float(y) <= charts.HEIGHT + 0.1


def test_each_bucket_is_one_square_on_its_shard():
    owners = ["a" if number % 3 else "b" for number in range(1024)]
    found = charts.heat(owners, {0: 300, 1: 1, 2: 4, 5: 70}, {"a"})

    assert [(shard.shard, shard.known, shard.size) for shard in found] == [
        ("a", True, 682),
        ("b", False, 342),
    ]
    assert sum(path.count("M") for shard in found for path in shard.levels) == 1024
    assert found[1].hottest == ((0, 300),)
    assert found[0].hottest == ((5, 70), (2, 4), (1, 1))


def test_levels_grow_by_about_four():
    wanted = {0: 0, 1: 1, 3: 1, 4: 2, 15: 2, 16: 3, 63: 3, 64: 4, 255: 4, 256: 5, 10**6: 5}

    assert {events: charts.level_of(events) for events in wanted} == wanted
