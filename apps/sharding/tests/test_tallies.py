from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from apps.posts.models import Tally
from apps.sharding import shards

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def test_many_at_once_lose_no_count(make_account):
    owner = make_account(shard="shard0").pk

    def add(number):
        try:
            for step in range(20):
                with shards.atomic_for(owner):
                    Tally.add(owner, by=number * 4096 + step, likes=1, replies=2)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(6)))

    assert Tally.of(owner) == {"likes": 120, "reposts": 0, "replies": 240, "posts": 0}
    assert Tally.objects.filter(owner_id=owner).count() == 8


def test_writers_of_different_slots_do_not_wait_for_each_other(make_account):
    owner = make_account(shard="shard0").pk
    with shards.atomic_for(owner):
        Tally.add(owner, by=0, likes=1)

        def other():
            try:
                with shards.atomic_for(owner):
                    with connections["shard0"].cursor() as cursor:
                        cursor.execute("SET LOCAL lock_timeout = '2s'")
                    Tally.add(owner, by=1, likes=1)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as pool:
            pool.submit(other).result()

    assert Tally.of(owner)["likes"] == 2
