"""Write, then read: by who wrote, and by who was told of it. Nobody ever reads the past."""

import threading
import time
from collections import Counter

import pytest
from django.db import connections

from apps.posts import services as posts
from apps.posts.models import Post
from apps.replication import positions, scopes, tokens
from apps.replication.tests.conftest import REPLICAS, pause, resume

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.usefixtures("caught_up"),
]
# Each write is read twice: by its author, and by somebody who was told of it.
PAIRS, WRITERS = 10_000, 4


class Turns:
    """Holds back one replica, then the other, while it runs in a thread of its own."""

    def __init__(self):
        self.paused, self.count, self._done = None, 0, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _run(self):
        try:
            while not self._done.is_set():
                self.paused = REPLICAS[self.count % 2]
                pause(self.paused)
                self._done.wait(0.4)
                resume(self.paused)
                self.count += 1
        finally:
            resume(*REPLICAS)
            connections.close_all()


def a_write(author):
    """Publish; returns the post, and what its author's browser and its followers' hold then."""
    with scopes.scope() as scope:
        post = posts.publish(author_id=author, text="x")
        positions.settle()
        own = tokens.decode(tokens.encode(scope.token))
    return post.pk, own, tokens.decode(tokens.encode(positions.everywhere()))


def a_read(post_id, token, found):
    """Read a post as a request does, and count who answered, and whether it was there."""
    with scopes.scope(token) as scope:
        is_there = Post.objects.filter(id=post_id).exists()
    found["stale"] += not is_there
    (alias,) = scope.answered["shard0"]
    found["primary" if alias == "shard0" else "replica"] += 1
    return alias


def in_threads(work, authors):
    """Have each author's pairs in a thread of its own; returns all that was counted."""
    found, failures = Counter(), []

    def one(author):
        try:
            counted = Counter()
            work(author, counted)
            found.update(counted)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(author,)) for author in authors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    return found


def test_of_10_000_pairs_of_a_write_and_a_read_none_is_stale(make_account):
    def pairs(author, found):
        for _ in range(PAIRS // 2 // WRITERS):
            post_id, own, told = a_write(author)
            a_read(post_id, own, found)
            a_read(post_id, told, found)

    with Turns() as turns:
        found = in_threads(pairs, [make_account(shard="shard0").pk for _ in range(WRITERS)])

    print(
        f"stale: {found['stale']} of {PAIRS:,} pairs, replicas held back in {turns.count} turns; "
        f"{found['replica']:,} of {PAIRS:,} reads by replicas"
    )
    assert found["replica"] + found["primary"] == PAIRS
    assert found["stale"] == 0
    assert turns.count >= 4


def test_with_one_replica_caught_up_reads_come_from_it(make_account):
    author = make_account(shard="shard0").pk
    found = Counter()
    for held_back, other in (REPLICAS, REPLICAS[::-1]):
        pause(held_back)
        for _ in range(500):
            post_id, own, told = a_write(author)
            while not positions.ask(other).covers(told["shard0"]):
                time.sleep(0.0005)
            assert a_read(post_id, own, found) != held_back
            assert a_read(post_id, told, found) != held_back
        resume(held_back)
        while not positions.ask(held_back).covers(told["shard0"]):
            time.sleep(0.01)

    print(f"{found['replica']:,} of 2,000 reads by the replica that had caught up")
    assert found["stale"] == 0
    assert found["replica"] >= 0.95 * 2000
