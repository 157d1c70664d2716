"""The arithmetic of limits: never more than was promised in any stretch of time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.errors import Misconfigured
from apps.throttling.counters import MOST_HERE, Bucket, Here
from apps.throttling.pace import Pace, parsed, take


@given(
    st.integers(1, 20),
    st.integers(1, 600),
    st.lists(st.floats(0, 50, allow_nan=False), min_size=1, max_size=200),
)
def test_no_stretch_of_time_holds_more_than_two_buckets(times, seconds, pauses):
    """GCRA lets a full bucket through at once, and refills it meanwhile: 2 x times at most."""
    pace, full_at, now, taken = Pace(times, seconds), 0.0, 0.0, []
    for pause in pauses:
        now += pause
        full_at, wait = take(pace, full_at, now)
        if not wait:
            taken.append(now)
    for start in taken:
        assert sum(start <= moment < start + seconds for moment in taken) <= 2 * times


@given(st.integers(1, 50), st.integers(1, 3600))
def test_a_full_bucket_gives_so_many_at_once_and_the_next_after_the_wait_it_names(times, seconds):
    pace, full_at = Pace(times, seconds), 0.0
    for _ in range(times):
        full_at, wait = take(pace, full_at, 100.0)
        assert wait == 0.0

    same, wait = take(pace, full_at, 100.0)

    assert same == full_at
    assert wait == pytest.approx(pace.interval)
    assert take(pace, full_at, 100.0 + wait)[1] == 0.0


def test_a_process_remembers_a_bounded_number_of_buckets():
    here = Here()
    for number in range(MOST_HERE + 5):
        here.take([Bucket(str(number), Pace(1, 60))], now=1.0)

    assert len(here._full_at) == MOST_HERE
    assert here.take([Bucket(str(MOST_HERE), Pace(1, 60))], now=1.0).wait > 0
    assert here.take([Bucket("0", Pace(1, 60))], now=1.0).wait == 0


def test_the_operators_words_are_read_and_nonsense_stops_the_start():
    assert parsed("X", []) == (True, {})
    assert parsed("X", ["off"]) == (False, {})
    assert parsed("X", ["posting=60/300"]) == (True, {"posting": Pace(60, 300.0)})
    for word in ("posting", "posting=0/9", "posting=9/0", "posting=-1/9", "no"):
        with pytest.raises(Misconfigured):
            parsed("X", [word])
