import pytest

from apps.loadtest import finding
from apps.loadtest.samples import Samples
from apps.loadtest.summaries import NOBODY_SIGNED_IN
from apps.loadtest.tests.test_summaries import samples_of, summed

USAGE = {"at": [0], "cores": {"web": [0.5], "postgres": [0.2]}, "busiest": {}, "machine": 2}


def site_that_carries(most):
    """A machine on which everything up to `most` passes; counts the attempts."""

    def attempt(scale):
        attempt.scales.append(scale)
        found = summed(samples_of() if scale <= most else Samples())
        found.usage = USAGE
        return found

    attempt.scales = []
    return attempt


@pytest.mark.parametrize("carries", [0.002, 0.0099, 0.013, 0.4])
def test_it_finds_what_a_machine_carries(carries):
    attempt = site_that_carries(carries)

    found = finding.find(attempt, most=1)

    assert found.scale <= carries < found.failed_at
    assert found.failed_at / found.scale <= finding.NEAR
    assert len(attempt.scales) < 14


def test_it_ends_at_the_whole_test():
    found = finding.find(site_that_carries(5), most=1)

    assert (found.scale, found.failed) == (1, None)


def test_it_says_when_what_passes_had_nobody_signed_in():
    found = finding.find(site_that_carries(5), most=1)

    assert any(NOBODY_SIGNED_IN in line for line in found.lines())


def test_it_gives_up_when_next_to_nothing_passes():
    found = finding.find(site_that_carries(0), most=1)

    assert found.best is None
    assert "Not even" in next(found.lines())


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        ({"cores": {"web": [1.4], "postgres": [0.5]}}, "The machine's 2 cores are full, web"),
        ({"busiest": {"push": 0.97}}, "A process of push has no more of its core"),
        ({}, "something waits"),
    ],
)
def test_it_says_what_was_in_the_way(usage, said):
    found = summed(samples_of())
    found.usage = USAGE | usage

    assert said in finding.saturated(found)


def test_it_says_how_many_pods_would_carry_the_whole():
    found = summed(samples_of())
    found.usage = USAGE

    lines = list(finding.pods(found, 0.05))

    assert any("web" in line and "10.0 for all: 20 times" in line for line in lines)
