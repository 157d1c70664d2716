"""Votes at the same moment, and a bucket that moves."""

import threading

import pytest
from django.db import connections

from apps.bundled.polls import services
from apps.bundled.polls.errors import AlreadyVoted
from apps.bundled.polls.models import Tally, Vote
from apps.moves import tables
from apps.moves.models import Move, Step
from apps.moves.mover import Mover
from apps.moves.tests.conftest import map_as_it_was
from apps.sharding import directory, shards
from apps.sharding.ids import bucket_of
from apps.sharding.tallies import slot_of

assert map_as_it_was  # a fixture
pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def at_once(works):
    """Do works on a thread each, all begun at a barrier; returns what they raised."""
    barrier, raised = threading.Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_votes_of_one_account_at_once_count_once(asks, ada, wren):
    post = asks(ada)

    def vote(choice):
        return lambda: services.vote(post_id=post.pk, account_id=wren.pk, choices=[choice])

    raised = at_once([vote(0), vote(1)])

    assert [type(error) for error in raised] == [AlreadyVoted]
    sums = Tally.of(post.pk)
    assert (sums["voters"], sums["first"] + sums["second"]) == (1, 1)
    assert Vote.objects.filter(poll_id=post.pk).count() == 1


def test_votes_in_one_poll_do_not_wait_for_each_other(asks, ada, make_account):
    post, voters = asks(ada), {}
    while len(voters) < 4:
        pk = make_account().pk
        voters.setdefault(slot_of(pk), pk)
    first, *others = voters.values()

    def vote(account_id):
        with connections["shard1"].cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        services.vote(post_id=post.pk, account_id=account_id, choices=[0])

    with shards.atomic_for(post.pk):
        services.vote(post_id=post.pk, account_id=first, choices=[0])
        raised = at_once([lambda pk=pk: vote(pk) for pk in others])

    assert raised == []
    assert Tally.of(post.pk)["first"] == 4


@pytest.mark.cluster
def test_a_poll_moves_with_its_bucket(asks, ada, wren, map_as_it_was):
    post = asks(ada)
    services.vote(post_id=post.pk, account_id=wren.pk, choices=[1])

    move = Move.objects.create(buckets=[bucket_of(ada.pk)], source="shard1", target="shard0")
    Mover(move, lambda *_: None, keep_seconds=0).run()

    assert {"polls_poll", "polls_vote", "polls_tally"} <= {one.name for one in tables.every()}
    assert move.step == Step.DONE
    assert directory.reload().shards[bucket_of(ada.pk)] == "shard0"
    assert [row.account_id for row in Vote.objects.filter(poll_id=post.pk)] == [wren.pk]
    with pytest.raises(AlreadyVoted):
        services.vote(post_id=post.pk, account_id=wren.pk, choices=[0])
    assert Tally.of(post.pk)["second"] == 1
