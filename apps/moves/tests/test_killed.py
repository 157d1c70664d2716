"""A mover that is killed wherever it is, and resumed or aborted: nothing is lost or doubled."""

import threading
import time

import pytest
from django.db import connections

from apps.moves import verifying
from apps.moves.models import UNDOABLE, Move, Step
from apps.moves.mover import Mover
from apps.moves.tests.test_mover import rows_on
from apps.posts import services as posts
from apps.posts.models import Post
from apps.replication import scopes
from apps.sharding import directory
from apps.sharding.ids import bucket_of

pytestmark = [
    pytest.mark.usefixtures("map_as_it_was"),
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]

STEPS = ("copying", "leaving", "fencing", "flipping", "opened", "cleaning")
WITHIN = ("announced", "left", "fenced", "held", "owned", "flipped", "given up")


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


class Writer(threading.Thread):
    """Publishes posts, and keeps the ids of those that were acknowledged."""

    def __init__(self, account):
        super().__init__()
        self.account, self.ended = account, threading.Event()
        self.acknowledged, self.refused = [], []

    def run(self):
        while not self.ended.is_set():
            try:
                with scopes.scope():
                    post = posts.publish(author_id=self.account.pk, text="a thought")
                self.acknowledged.append(post.pk)
            except Exception as error:
                self.refused.append(repr(error))
            time.sleep(0.02)
        connections.close_all()

    def end(self):
        self.ended.set()
        self.join()


@pytest.fixture
def writer(ada):
    thread = Writer(ada)
    thread.start()
    yield thread
    thread.end()


def killed_at(point, account, start_process):
    """Begin a move in a process of its own that dies at a point; returns the move."""
    bucket = bucket_of(account.pk)
    move = Move.objects.create(buckets=[bucket], source="shard0", target="shard1")
    process = start_process("apps.moves.tests.killed", str(move.pk), point)
    assert process.wait(60) == -9
    move.refresh_from_db()
    return move


def check(writer, ada, home):
    """Hold what the shards have against what was acknowledged."""
    writer.end()
    away = {"shard0": "shard1", "shard1": "shard0"}[home]
    stored = list(Post.objects.on(home).filter(author_id=ada.pk).values_list("pk", flat=True))
    assert len(set(stored)) == len(stored)
    assert set(writer.acknowledged) <= set(stored)
    assert writer.refused == []
    assert len(stored) == len(writer.acknowledged)
    assert not rows_on(away, bucket_of(ada.pk))
    assert directory.reload().shards[bucket_of(ada.pk)] == home
    report = verifying.verify()
    assert not report.strays
    assert not report.claims


@pytest.mark.parametrize("point", [*STEPS, *WITHIN])
def test_a_move_that_was_killed_is_finished(point, ada, writer, start_process):
    move = killed_at(point, ada, start_process)

    Mover(move, lambda *_: None, keep_seconds=0).run()

    assert move.step == Step.DONE
    time.sleep(0.3)
    check(writer, ada, "shard1")


@pytest.mark.parametrize("point", ["copying", "leaving", "fencing", "announced", "left", "fenced"])
def test_a_move_that_was_killed_is_taken_back(point, ada, writer, start_process):
    move = killed_at(point, ada, start_process)
    assert move.step in UNDOABLE

    Mover(move, lambda *_: None).abort()

    assert move.step == Step.ABORTED
    time.sleep(0.3)
    check(writer, ada, "shard0")
