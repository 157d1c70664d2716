from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sharding import ids

TICKS = st.integers(0, 2**53 - 1)
BUCKETS = st.integers(0, 1023)


@given(TICKS, BUCKETS)
def test_an_id_says_its_bucket_and_its_time(tick, bucket):
    value = ids.compose(tick, bucket)

    assert 0 <= value < 2**63
    assert ids.bucket_of(value) == bucket
    assert ids.time_of(value) == ids.EPOCH + timedelta(milliseconds=tick // 4096)


@given(TICKS, TICKS, BUCKETS, BUCKETS)
def test_ids_sort_by_time(one, other, bucket, another):
    if one // 4096 < other // 4096:
        assert ids.compose(one, bucket) < ids.compose(other, another)


@given(TICKS, TICKS, BUCKETS)
def test_ids_of_a_bucket_sort_by_tick(one, other, bucket):
    if one < other:
        assert ids.compose(one, bucket) < ids.compose(other, bucket)


@pytest.mark.parametrize(("tick", "bucket"), [(-1, 0), (2**53, 0), (0, 1024), (0, -1)])
def test_what_does_not_fit_is_refused(tick, bucket):
    with pytest.raises(ValueError, match="no id for tick"):
        ids.compose(tick, bucket)


def test_a_moment_and_its_first_id():
    moment = datetime(2020, 5, 17, 12, 30, tzinfo=UTC)

    assert ids.time_of(ids.first_at(moment)) == moment
    assert ids.time_of(ids.first_at(moment) - 1) < moment


def test_ids_last_until_2075():
    assert ids.time_of(ids.compose(2**53 - 1, 0)).year == 2075
