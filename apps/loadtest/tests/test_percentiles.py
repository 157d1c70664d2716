import random

import pytest

from apps.loadtest import percentiles


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [
        (1, 0.999, 1),
        (100, 0.5, 50),
        (100, 0.99, 99),
        (100, 0.999, 100),
        (1000, 0.999, 999),
        (1001, 0.999, 1000),
        (10_000, 0.999, 9990),
    ],
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(count, share, expected):
    assert percentiles.nearest_rank(range(1, count + 1), share) == expected


def test_no_value_is_rounded():
    values = sorted([0.2994, *[0.0104] * 999])

    assert percentiles.in_ms(values) == {"p50": 10.4, "p99": 10.4, "p999": 10.4}
    assert percentiles.nearest_rank(values, 1) == 0.2994


def test_of_nothing_it_is_nothing():
    assert percentiles.in_ms([]) == {"p50": 0, "p99": 0, "p999": 0}


def test_it_agrees_with_counting():
    rng = random.Random(4)
    values = sorted(rng.expovariate(10) for _ in range(12_345))

    for share in (0.5, 0.99, 0.999):
        found = percentiles.nearest_rank(values, share)
        at_most = sum(value <= found for value in values)
        below = sum(value < found for value in values)
        assert below < share * len(values) <= at_most
