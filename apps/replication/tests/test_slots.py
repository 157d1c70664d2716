"""Who waits for a server stands in line, and is turned away only where nothing moves."""

import threading
import time

from apps.cluster import processes
from apps.replication.slots import Slots


def in_line(slots, number):
    return processes.wait_for(lambda: len(slots._line) == number, 10)


def test_so_many_have_a_place_and_the_next_is_turned_away_where_none_leaves():
    slots = Slots(2)

    assert [slots.take(0.05) for _ in range(4)] == [True, True, False, False]
    slots.leave()
    assert slots.take(0.05)
    assert not slots.take(0.05)


def test_after_one_that_stood_in_vain_the_next_are_turned_away_at_once():
    slots = Slots(1)
    assert slots.take(60)
    assert not slots.take(0.05)

    began = time.monotonic()
    assert not any(slots.take(60) for _ in range(100))
    assert time.monotonic() - began < 30
    slots.leave()
    assert slots.take(60)


def test_nobody_is_turned_away_while_others_leave():
    slots, outcomes, waits = Slots(1), [], []

    def visit():
        began = time.monotonic()
        outcomes.append(slots.take(0.3))
        waits.append(time.monotonic() - began)
        time.sleep(0.1)
        slots.leave()

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [True] * 8
    # The last has waited for longer than his patience with those who do not leave.
    assert max(waits) > 0.6


def test_who_comes_again_stands_behind_those_in_line():
    slots, order = Slots(1), []
    assert slots.take(60)

    def visit(name):
        assert slots.take(60)
        order.append(name)
        slots.leave()

    threads = []
    for number, name in enumerate(("second", "third"), start=1):
        threads.append(threading.Thread(target=visit, args=(name,)))
        threads[-1].start()
        assert in_line(slots, number)
    slots.leave()
    visit("first again")
    for thread in threads:
        thread.join()

    assert order == ["second", "third", "first again"]


def test_who_has_locks_goes_before_all_and_his_place_counts():
    slots = Slots(1)
    assert slots.take(60)

    assert slots.take(0, has_locks=True)
    slots.leave()
    assert not slots.take(0)
    slots.leave()
    assert slots.take(0)


def test_a_place_is_never_lost_or_given_twice():
    slots, inside, most, refused = Slots(3), [], [], []
    start = threading.Barrier(12)

    def visit():
        start.wait()
        for _ in range(300):
            if not slots.take(0.0001):
                refused.append(1)
                continue
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.0001)
            inside.pop()
            slots.leave()

    threads = [threading.Thread(target=visit) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    print(f"{len(refused)} of 3,600 turned away, at most {max(most)} inside at a time")
    assert max(most) <= 3
    assert not slots._line
    assert [slots.take(0) for _ in range(4)] == [True, True, True, False]
