"""Posts at 100 a second while workers, beat and Valkey are killed at random, for a minute."""

import os
import random
import signal
import threading
import time

import pytest
from django.db import connections

from apps.cluster import processes
from apps.events import outbox
from apps.events.models import DeadLetter, Event
from apps.follows import loading as follows
from apps.posts import services as posts
from apps.posts.events import PostPublished
from apps.posts.models import Post, Tally
from apps.sharding import shards
from apps.sharding.conf import conf
from apps.timelines.models import Entry
from project.testing import kill

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

SECONDS = 60
RATE = 100
WRITERS = 4


class Changed(Exception):
    """Whoever writes has thought better of it."""


class Writer(threading.Thread):
    """Publishes at an even pace; every tenth a reply, every twentieth rolled back."""

    def __init__(self, authors, root):
        super().__init__()
        self.authors, self.root = authors, root
        self.committed, self.replies, self.rolled_back = [], 0, 0
        self.error = None

    def run(self):
        try:
            start = time.monotonic()
            for number in range(SECONDS * RATE // WRITERS):
                time.sleep(max(0, start + number * WRITERS / RATE - time.monotonic()))
                self.write(number)
        except BaseException as error:
            self.error = error
        finally:
            connections.close_all()

    def write(self, number):
        author = self.authors[number % len(self.authors)]
        if number % 20 == 7:
            try:
                with shards.atomic_for(author):
                    posts.publish(author_id=author, text="never said")
                    outbox.record(PostPublished(post_id=1, author_id=author))
                    raise Changed
            except Changed:
                self.rolled_back += 1
        reply_to = self.root if number % 10 == 3 else None
        post = posts.publish(author_id=author, text=str(number), in_reply_to_id=reply_to)
        self.committed.append(post.pk)
        self.replies += reply_to is not None


@pytest.fixture
def crew(start_process, tmp_path):
    """Two workers and beat: a function for each that starts it."""
    worker = ("celery", "--quiet", "-A", "project", "worker", "-c", "1", "--without-mingle")
    beat = ("celery", "--quiet", "-A", "project", "beat", "--pidfile=")
    return {
        "worker one": lambda: start_process(*worker, "-n", "one@%h"),
        "worker two": lambda: start_process(*worker, "-n", "two@%h"),
        "beat": lambda: start_process(*beat, "--schedule", str(tmp_path / "beat")),
    }


def unfinished():
    return sum(Event.objects.using(s).filter(finished_at=None).count() for s in conf().shards)


def test_no_post_is_lost_or_doubled_by_a_minute_of_kill_9(make_account, crew, cluster):
    authors = [make_account(shard=f"shard{n % 2}").pk for n in range(10)]
    readers = [make_account(shard=f"shard{n % 2}").pk for n in range(10)]
    follows.load_follows((reader, author) for reader in readers for author in authors)
    root = posts.publish(author_id=authors[0], text="root")
    running = {name: start() for name, start in crew.items()}
    writers = [Writer(authors[n::WRITERS], root.pk) for n in range(WRITERS)]
    seed = random.randrange(2**32)
    rng, killed = random.Random(seed), []
    for writer in writers:
        writer.start()

    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(rng.uniform(1, 4))
        victim = rng.choice([*crew, "valkey"])
        killed.append(victim)
        if victim == "valkey":
            os.kill(cluster.valkey().process.pid, signal.SIGKILL)
            time.sleep(rng.uniform(0, 1))
            cluster.up()
        else:
            kill(running[victim])
            time.sleep(rng.uniform(0, 1))
            running[victim] = crew[victim]()
    for writer in writers:
        writer.join()

    assert [writer.error for writer in writers] == [None] * WRITERS
    assert processes.wait_for(lambda: unfinished() == 0, 120, pause=0.5)
    committed = {root.pk, *(pk for writer in writers for pk in writer.committed)}
    timelines = [
        set(Entry.objects.filter(account_id=reader).values_list("post_id", flat=True))
        for reader in readers
    ]
    lost = sum(len(committed - entries) for entries in timelines)
    strange = sum(len(entries - committed) for entries in timelines)
    replies = sum(writer.replies for writer in writers)
    never = sum(writer.rolled_back for writer in writers)
    print(
        f"seed {seed}; killed {len(killed)} ({', '.join(sorted(set(killed)))}); lost: {lost} of "
        f"{len(committed) * len(readers):,} entries of {len(committed):,} posts; "
        f"strange: {strange}; "
        f"replies counted: {Tally.of(root.pk)['replies']} of {replies}; rolled back: {never}"
    )
    assert (lost, strange) == (0, 0)
    assert Tally.of(root.pk)["replies"] == replies
    assert DeadLetter.objects.scatter().count() == 0
    assert never > 0
    told = {
        row.payload["post_id"]
        for shard in conf().shards
        for row in Event.objects.using(shard).filter(topic=PostPublished.topic)
    }
    assert told == committed == {post.pk for post in Post.objects.scatter()}
