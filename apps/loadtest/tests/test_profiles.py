import pytest

from apps.loadtest.profiles import LOAD, STRESS, Phase, Profile


def test_the_load_test_is_what_it_says():
    shape = [(phase.users, phase.seconds) for phase in LOAD.phases]

    assert shape == [(25, 30), (100, 60), (50, 60)]
    assert (LOAD.seconds, LOAD.peak) == (150, 100)


def test_the_stress_test_is_what_it_says():
    shape = [(phase.users, phase.seconds) for phase in STRESS.phases]

    assert shape == [(2500, 120), (10_000, 300), (500, 120)]


@pytest.mark.parametrize(
    ("moment", "users"),
    [(0, 0), (3.75, 12), (7.5, 25), (29, 25), (30, 25), (37.5, 62), (45, 100), (90, 50), (150, 0)],
)
def test_visitors_come_in_a_quarter_of_a_phase_and_leave_at_once(moment, users):
    assert LOAD.users_at(moment) == users


def test_what_is_due_is_a_request_a_second_of_each():
    assert LOAD.due(10, 30) == pytest.approx(20 * 25)
    assert LOAD.due(45, 90) == pytest.approx(45 * 100)
    # On the way up half of the difference is missing.
    assert LOAD.due(30, 45) == pytest.approx(15 * 62.5, rel=0.01)


def test_a_scaled_and_hastened_test_has_fewer_visitors_and_shorter_phases():
    small = STRESS.changed(scale=0.1, speed=10)

    assert [(p.users, p.seconds) for p in small.phases] == [(250, 12), (1000, 30), (50, 12)]
    assert small.users_at(41.9) == 1000


def test_nobody_is_not_a_test():
    assert LOAD.changed(scale=0.0001).peak == 1


def test_who_leaves_is_not_asked_of_any_more_and_who_comes_not_at_once():
    few_after_many = Profile("steep", (Phase("many", 100, 40), Phase("few", 2, 20)))

    assert few_after_many.due(40, 60, lag=1.5) == pytest.approx(2 * 20)
    # The ramp of ten seconds begins a second and a half later.
    assert few_after_many.due(0, 10, lag=1.5) == pytest.approx(8.5**2 / 2 * 10, rel=0.02)
