"""Whatever happens in whatever order while buckets move, every timeline is the plain answer."""

from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from apps.follows import services as follows
from apps.follows.models import Follow
from apps.moves import mover as movers
from apps.moves import verifying
from apps.moves.models import ENDED, UNDOABLE, Move, Step
from apps.moves.mover import Mover
from apps.posts import services as posts
from apps.posts.models import Like, Post
from apps.sharding import directory
from apps.sharding.ids import bucket_of
from apps.timelines import big_authors
from apps.timelines.tests.test_plain_answer import PEOPLE, Timelines, nth, small, some

pytestmark = [
    pytest.mark.usefixtures("map_as_it_was"),
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]
__all__ = ["small"]

# While the fence stands its writers wait: these are taken together.
AT_ONCE = (Step.FENCING, Step.FLIPPING)


class MovingTimelines(Timelines):
    """The same four people, whose buckets go from one shard to the other step by step."""

    moves = 0

    def __init__(self, people, deliver):
        RuleBasedStateMachine.__init__(self)
        self.people, self.deliver = people, deliver
        self.written, self.liked, self.stack = [], set(), ExitStack()
        self.mover = None

    @rule(who=some)
    def begin_a_move(self, who):
        if self.mover is not None:
            return
        bucket = bucket_of(self.people[who].pk)
        home = directory.reload().shards[bucket]
        target = {"shard0": "shard1", "shard1": "shard0"}[home]
        move = Move.objects.create(buckets=[bucket], source=home, target=target)
        self.mover = Mover(move, lambda *_: None, keep_seconds=0)
        self.go_on()

    @rule()
    def go_on(self):
        if self.mover is None:
            return
        step = self.mover.move.step
        with self.mover._alone():
            getattr(self.mover, f"_{step}")()
            while self.mover.move.step in AT_ONCE:
                getattr(self.mover, f"_{self.mover.move.step}")()
        self.forget_what_has_ended()

    @rule()
    def take_it_back(self):
        if self.mover is not None and self.mover.move.step in UNDOABLE:
            self.mover.abort()
            self.forget_what_has_ended()

    @rule(who=some, which=nth)
    def like_and_not_any_more(self, who, which):
        if post_id := self._live(which):
            author = self.people[who].pk
            if (author, post_id) in self.liked:
                posts.unlike(account_id=author, post_id=post_id)
                self.liked.discard((author, post_id))
            else:
                posts.like(account_id=author, post_id=post_id)
                self.liked.add((author, post_id))

    def forget_what_has_ended(self):
        directory.reload()
        if self.mover.move.step in ENDED:
            MovingTimelines.moves += self.mover.move.step == Step.DONE
            self.mover = None

    def teardown(self):
        """Compare while the move is under way, then when it has ended; leave nothing."""
        self.deliver_all()
        self.compare_all()
        while self.mover is not None:
            self.go_on()
            self.compare_all()
        self.compare_likes()
        report = verifying.verify()
        assert not report.strays
        assert not report.claims
        self.clear()

    def compare_likes(self):
        for author, post_id in list(self.liked):
            if not Post.objects.filter(id=post_id).exists():
                self.liked.discard((author, post_id))
        stored = {(row.account_id, row.post_id) for row in Like.objects.scatter()}
        assert self.liked == stored

    def clear(self):
        for account in self.people:
            big_authors.unmerge(author_id=account.pk)
            for other in self.people:
                if account is not other:
                    follows.unfollow(follower_id=account.pk, followed_id=other.pk)
        for row in Post.objects.scatter():
            posts.delete(post_id=row.pk)
        self.deliver_all()


def test_timelines_are_right_while_buckets_move(make_account, deliver, small, monkeypatch):
    monkeypatch.setattr(movers, "SETTLE_SECONDS", 0)
    people = [make_account(shard=f"shard{n % 2}") for n in range(PEOPLE)]

    run_state_machine_as_test(
        lambda: MovingTimelines(people, deliver),
        settings=settings(
            max_examples=8,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    print(f"{MovingTimelines.moves} moves came to their end")
    assert MovingTimelines.moves
    assert not Post.objects.scatter().count()
    assert not Follow.objects.scatter().count()
