import threading

from hypothesis import given
from hypothesis import strategies as st

from apps.replication.breakers import FIRST_PAUSE, LEASE, LONGEST_PAUSE, Breaker, pause

CHANCES = st.floats(0, 1)


@given(st.integers(1, 1000), CHANCES)
def test_a_pause_grows_to_a_bound_and_has_jitter(failures, chance):
    assert FIRST_PAUSE / 2 <= pause(failures, chance) <= LONGEST_PAUSE
    assert pause(failures, chance) <= pause(failures + 1, chance)
    assert pause(3, 0.0) == 2.0
    assert pause(3, 1.0) == 4.0


def test_what_failed_is_left_out_until_its_pause_is_over():
    breaker = Breaker()
    assert breaker.lets_in(0)

    breaker.fail(0, "refused", 1.0)

    assert not breaker.lets_in(0.99)
    assert breaker.state(0.99) == "left out"
    assert breaker.lets_in(1.0)


def test_one_caller_at_a_time_finds_out_whether_it_is_back():
    breaker = Breaker()
    breaker.fail(0, "silent", 1.0)
    together = threading.Barrier(16)
    let_in = []

    def ask():
        together.wait()
        let_in.append(breaker.lets_in(5))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert let_in.count(True) == 1
    assert breaker.state(5) == "tried"
    # Its thread has died: somebody else may try.
    assert breaker.lets_in(5 + LEASE)


def test_threads_that_fail_together_count_once():
    breaker = Breaker()

    for _ in range(10):
        breaker.fail(0, "refused", 1.0)

    assert (breaker.in_a_row, breaker.failures) == (1, 1)


def test_each_failure_in_a_row_doubles_the_pause_and_a_success_ends_it():
    breaker, now, pauses = Breaker(), 0.0, []
    for _ in range(4):
        assert breaker.lets_in(now)
        breaker.fail(now, "refused", 1.0)
        pauses.append(breaker.open_until - now)
        now = breaker.open_until
    assert pauses == [1, 2, 4, 8]

    breaker.succeed()

    assert breaker.lets_in(now)
    assert breaker.state(now) == "answering"
    assert breaker.failures == 4
