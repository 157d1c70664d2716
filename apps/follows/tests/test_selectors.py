import pytest

from apps.follows import selectors, services
from apps.follows.models import Tally

pytestmark = pytest.mark.django_db(databases="__all__")


def test_those_with_many_followers_are_found_however_their_counts_are_spread(make_account):
    one, spread, few = (make_account(shard="shard1").pk for _ in range(3))
    Tally.add(one, by=0, followers=17)
    for slot in range(8):
        Tally.add(spread, by=slot, followers=3 if slot == 7 else 2)
        Tally.add(few, by=slot, followers=2)

    assert sorted(selectors.followed_by_more_than("shard1", 16)) == sorted([one, spread])
    assert selectors.followed_by_more_than("shard0", 16) == []


def test_whom_an_account_follows(make_account):
    me, one, two = (make_account().pk for _ in range(3))
    for followed in (one, two):
        services.follow(follower_id=me, followed_id=followed)

    assert sorted(selectors.followed_by(me)) == sorted([one, two])
