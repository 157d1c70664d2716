import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.breakers import Breaker


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def breaker(clock):
    return Breaker(clock=lambda: clock[0], chance=lambda: 1.0)


@given(st.integers(1, 1000), st.floats(0, 1))
def test_a_pause_grows_to_a_bound_and_has_jitter(failures, chance):
    one, next_one = (Breaker(in_a_row=n, chance=lambda: chance) for n in (failures, failures + 1))

    assert one.first_pause / 2 <= one.pause() <= one.longest_pause
    assert one.pause() <= next_one.pause()
    assert Breaker(in_a_row=3, chance=lambda: 0.0).pause() == 2.0
    assert Breaker(in_a_row=3, chance=lambda: 1.0).pause() == 4.0


def test_what_failed_is_left_out_until_its_pause_is_over(breaker, clock):
    assert breaker.lets_in()

    breaker.fail("refused")

    clock[0] += 0.99
    assert not breaker.lets_in()
    assert (breaker.state, breaker.reason) == ("left out", "refused")
    clock[0] += 0.01
    assert breaker.lets_in()


def test_one_caller_at_a_time_finds_out_whether_it_is_back(breaker, clock):
    breaker.fail("silent")
    clock[0] += 5
    together = threading.Barrier(16)
    let_in = []

    def ask():
        together.wait()
        let_in.append(breaker.lets_in())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert let_in.count(True) == 1
    assert breaker.state == "tried"
    # Its thread has died: somebody else may try.
    clock[0] += breaker.lease
    assert breaker.lets_in()


def test_threads_that_fail_together_count_once(breaker):
    for _ in range(10):
        breaker.fail("refused")

    assert (breaker.in_a_row, breaker.failures) == (1, 1)


def test_each_failure_in_a_row_doubles_the_pause_and_a_success_ends_it(breaker, clock):
    pauses = []
    for _ in range(9):
        assert breaker.lets_in()
        breaker.fail("refused")
        pauses.append(breaker.open_until - clock[0])
        clock[0] = breaker.open_until
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]

    breaker.succeed()

    assert breaker.lets_in()
    assert breaker.state == "answering"
    assert breaker.failures == 9
