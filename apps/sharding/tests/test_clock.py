from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connections

from apps.sharding import clock, ids

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def test_the_clock_shows_the_time():
    before = datetime.now(UTC) - timedelta(seconds=2)

    tick = clock.reserve("shard0", 1)[0]

    moment = ids.time_of(ids.compose(tick, 0))
    assert before < moment < datetime.now(UTC) + timedelta(seconds=2)


def test_fifty_thousand_ids_at_once_are_all_different():
    ticks = [*clock.reserve("shard0", 50_000), *clock.reserve("shard0", 50_000)]

    assert len({ids.compose(tick, 7) for tick in ticks}) == 100_000
    assert ticks == sorted(ticks)


def test_a_wall_clock_that_steps_back_gives_larger_ids():
    ahead = ids.tick_at(datetime.now(UTC) + timedelta(minutes=10))
    with connections["shard0"].cursor() as cursor:
        cursor.execute("SELECT last_value FROM sharding_clock")
        real = cursor.fetchone()[0]
        cursor.execute("SELECT setval('sharding_clock', %s)", [ahead])

    tick = clock.reserve("shard0", 1)[0]

    assert tick == ahead + 1
    with connections["shard0"].cursor() as cursor:
        cursor.execute("SELECT setval('sharding_clock', %s)", [real])


def test_many_writers_in_one_millisecond_get_different_ids():
    barrier = Barrier(8)

    def take(_):
        barrier.wait()
        try:
            return [tick for _ in range(200) for tick in clock.reserve("shard1", 3)]
        finally:
            connections["shard1"].close()

    with ThreadPoolExecutor(8) as pool:
        taken = [tick for share in pool.map(take, range(8)) for tick in share]

    assert len(set(taken)) == len(taken) == 8 * 200 * 3


def test_a_cancelled_request_for_ids_holds_nobody_up():
    with pytest.raises(Exception, match="1 to 1000000"):
        clock.reserve("shard0", 0)

    with connections["shard0"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone()[0] == 0
