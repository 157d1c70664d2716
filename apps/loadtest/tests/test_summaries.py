import random

import pytest

from apps.loadtest.profiles import Phase, Profile
from apps.loadtest.samples import Sample, Samples
from apps.loadtest.summaries import NOBODY_SIGNED_IN, Limits, Summary, Summing

SHORT = Profile("short", (Phase("first", 10, 100), Phase("second", 10, 100)))
START = 1_000_000.0


def samples_of(*, took=0.01, but=()):
    """Two thousand of them, evenly; `but` are those that replace the first ones."""
    found = Samples()
    rows = [Sample("page", START + n / 10, took) for n in range(2000)]
    rows[: len(but)] = but
    for row in rows:
        found.add(row)
    return found


def summed(samples, told=()):
    return Summing(samples, SHORT, START, Limits()).summary(url="http://site", told=told)


def test_a_healthy_run_passes():
    found = summed(samples_of())

    assert found.passed
    assert [phase.asked for phase in found.phases] == [1000, 1000]
    assert [point.rate for point in found.points] == [10] * 200


def test_two_slow_answers_of_a_thousand_fail_their_phase_alone():
    slow = [Sample("page", START + n, 0.3) for n in range(2)]

    found = summed(samples_of(but=slow))

    assert found.phases[0].faults == ["p99.9 is 300 ms, not under 300 ms"]
    assert found.phases[1].faults == []
    assert not found.passed


def test_one_error_of_a_thousand_fails():
    wrong = Sample("page", START, 0.01, error="status 503")

    found = summed(samples_of(but=[wrong]))

    assert found.phases[0].faults == ["0.10% are errors, not under 0.10%"]
    assert found.failures == {"page: status 503": 1}
    assert found.points[0].errors == 1


def test_a_generator_that_asks_too_little_fails():
    found = Samples()
    for n in range(1000):
        found.add(Sample("page", START + n / 10, 0.01))

    first, second = summed(found).phases

    assert first.faults == []
    assert "only 0 of" in second.faults[0]


def test_what_is_told_later_is_listed_but_not_judged_by_its_time():
    samples = samples_of()
    samples.add(Sample("told", START, 2.0))

    found = summed(samples, told=["told"])

    assert found.passed
    row = next(row for row in found.endpoints if row.name == "told")
    assert row.p999 == pytest.approx(2000)


def test_what_is_never_told_is_an_error():
    samples = samples_of()
    samples.add(Sample("told", START, 5.0, error="not told in 5 s"))

    assert summed(samples, told=["told"]).phases[0].errors == 1


def test_samples_of_several_processes_are_judged_together():
    rng = random.Random(1)
    alone, parts, together = Samples(), [Samples() for _ in range(3)], Samples()
    for n in range(2000):
        sample = Sample(f"page{n % 2}", START + n / 10, rng.random(), 0.001, "bad" * (n % 700 == 0))
        alone.add(sample)
        rng.choice(parts).add(sample)

    for part in parts:
        together.take_over(part.handed_over())

    assert summed(together) == summed(alone)
    assert [part.count() for part in parts] == [0, 0, 0]


def test_what_is_drawn_is_who_was_there_and_not_who_was_planned():
    samples, other = samples_of(), Samples()
    samples.visits += [(START + 0.5, 1, 0), (START + 2.5, 1, 1), (START + 150.5, -1, -1)]
    other.visits += [(START + 2.5, 1, 1), (START + 198.5, -1, -1)]
    samples.take_over(other.handed_over())

    points = summed(samples).points

    there = [(point.users, point.members) for point in points]
    assert there == [(1, 0)] * 2 + [(3, 2)] * 148 + [(2, 1)] * 48 + [(1, 0)] * 2


def test_a_test_without_a_member_says_what_it_did_not_test():
    alone, together = samples_of(), samples_of()
    alone.visits += [(START, 1, 0)]
    together.visits += [(START, 1, 0), (START, 1, 1)]

    assert summed(alone).untested == NOBODY_SIGNED_IN
    assert summed(together).untested == ""


def test_samples_and_visits_are_the_same_after_they_were_stored(tmp_path):
    samples, found = samples_of(but=[Sample("page", START, 0.01, 0.002, "status 503")]), Samples()
    samples.visits += [(START + 0.5, 1, 1)]

    samples.write(tmp_path / "samples", ["told"])

    assert found.read(tmp_path / "samples") == ["told"]
    assert summed(found) == summed(samples)
    assert summed(found).points[0].members == 1


def test_a_summary_is_the_same_after_it_was_stored(tmp_path):
    found = summed(samples_of())

    found.write(tmp_path / "summary.json")

    assert Summary.read(tmp_path / "summary.json") == found
