"""A fan-out and a change of how to fan out, at the same time and with real commits."""

import threading
import time
from unittest.mock import patch

import pytest
from django.db import connections

from apps.follows import services as follows
from apps.posts import services as posts
from apps.timelines import big_authors, entries, services
from apps.timelines.entries import Item
from apps.timelines.models import Entry, MergedAuthor, MergedAuthorCopy
from apps.timelines.tests.oracles import ids_of

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

SHARDS = ("shard0", "shard1")


@pytest.fixture
def world(make_account, deliver):
    """An author on shard1 with three followers, two of them on shard0."""
    author = make_account(shard="shard1")
    readers = [make_account(shard=shard) for shard in ("shard0", "shard0", "shard1")]
    for reader in readers:
        follows.follow(follower_id=reader.pk, followed_id=author.pk)
    deliver()
    return author, readers


def entries_of(post):
    return sum(Entry.objects.using(s).filter(post_id=post.pk).count() for s in SHARDS)


def is_merged(author):
    return MergedAuthor.objects.filter(author_id=author.pk).exists()


class Pause:
    """Holds one thread between two shards of a fan-out until it may go on."""

    def __init__(self):
        self.inside, self.go_on = threading.Event(), threading.Event()
        self.real = entries.spread

    def spread(self, shard, *args):
        count = self.real(shard, *args)
        if threading.current_thread().name == "paused" and not self.inside.is_set():
            self.inside.set()
            assert self.go_on.wait(10)
        return count


@pytest.fixture
def pause():
    pausing = Pause()
    with patch.object(entries, "spread", pausing.spread):
        yield pausing
        pausing.go_on.set()


@pytest.fixture
def start():
    """Return a function that runs a verb in a thread of its own."""
    threads, errors = [], []

    def run(name, verb, *args, **kwargs):
        def body():
            try:
                verb(*args, **kwargs)
            except BaseException as error:
                errors.append(error)
            finally:
                connections.close_all()

        threads.append(threading.Thread(target=body, name=name))
        threads[-1].start()
        return threads[-1]

    yield run
    for thread in threads:
        thread.join(20)
    assert errors == []


def somebody_waits(shard):
    """Wait until a transaction waits for an author's lock; tells whether one came to."""
    for _ in range(500):
        with connections[shard].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE classid = 1004 AND NOT granted")
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.01)
    return False


def test_a_change_up_waits_for_the_fan_out_under_way(world, pause, start):
    author, readers = world
    first = posts.publish(author_id=author.pk, text="under way")
    fanning = start("paused", services.fan_out, [Item(first.pk, author.pk, None)])
    assert pause.inside.wait(10)
    merging = start("merge", big_authors.merge, author_id=author.pk)

    assert somebody_waits("shard1")
    assert not is_merged(author)
    pause.go_on.set()
    fanning.join(10)
    merging.join(10)

    second = posts.publish(author_id=author.pk, text="after")
    assert services.fan_out([Item(second.pk, author.pk, None)]) == 0
    assert entries_of(first) == 3
    assert [ids_of(reader) for reader in readers] == [[second.pk, first.pk]] * 3


def test_a_fan_out_waits_for_the_change_down_under_way(world, pause, start):
    author, readers = world
    big_authors.merge(author_id=author.pk)
    first = posts.publish(author_id=author.pk, text="left out")
    assert services.fan_out([Item(first.pk, author.pk, None)]) == 0
    filling = start("paused", big_authors.unmerge, author_id=author.pk)
    assert pause.inside.wait(10)
    second = posts.publish(author_id=author.pk, text="too late to be filled in")
    fanning = start("fan-out", services.fan_out, [Item(second.pk, author.pk, None)])

    assert somebody_waits("shard1")
    assert [ids_of(reader) for reader in readers] == [[second.pk, first.pk]] * 3
    pause.go_on.set()
    filling.join(10)
    fanning.join(10)

    assert not any(MergedAuthorCopy.objects.using(shard).exists() for shard in SHARDS)
    assert entries_of(first) == entries_of(second) == 3
    assert [ids_of(reader) for reader in readers] == [[second.pk, first.pk]] * 3
