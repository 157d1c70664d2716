"""A bucket moves while it is written to: nothing is lost, doubled or refused."""

import threading
import time

import pytest
from django.db import connections

from apps.follows import services as follows
from apps.moves import mapping, tables
from apps.moves.models import Move, Step
from apps.moves.mover import Mover
from apps.posts import drafts, edits
from apps.posts import services as posts
from apps.posts.models import Post
from apps.replication import scopes
from apps.sharding import directory
from apps.sharding.ids import bucket_of
from apps.timelines import selectors as timelines

pytestmark = [
    pytest.mark.usefixtures("map_as_it_was"),
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


def rows_on(shard, bucket):
    """The number of rows of a bucket on a shard, by table."""
    found = {}
    with connections[shard].cursor() as cursor:
        for table in tables.every():
            where = tables.condition(table, [bucket])
            cursor.execute(f"SELECT count(*) FROM {table.name} WHERE {where}")
            found[table.name] = cursor.fetchone()[0]
    return {name: count for name, count in found.items() if count}


def move(account, target="shard1"):
    bucket = bucket_of(account.pk)
    found = Move.objects.create(buckets=[bucket], source=directory.shard_of(bucket), target=target)
    said = []
    Mover(found, lambda _, what: said.append(what), keep_seconds=0).run()
    return found, said


def test_a_bucket_moves_with_all_its_rows(ada):
    for number in range(30):
        posts.publish(author_id=ada.pk, text=f"number {number}")
    drafts.keep(author_id=ada.pk, content=drafts.Content("not yet"))
    # Its versions refer to it: they go from the source before it does.
    last = posts.publish(author_id=ada.pk, text="number 30")
    edits.edit(post_id=last.pk, by=ada.pk, text="number 31")
    before = rows_on("shard0", bucket_of(ada.pk))

    done, _ = move(ada)

    assert done.step == Step.DONE
    assert rows_on("shard1", bucket_of(ada.pk)) == before
    assert not rows_on("shard0", bucket_of(ada.pk))
    assert directory.reload().shards[bucket_of(ada.pk)] == "shard1"
    assert Post.objects.filter(author_id=ada.pk).count() == 31
    assert [row.text for row in drafts.page(author_id=ada.pk).items] == ["not yet"]


def test_writers_lose_nothing_and_are_not_refused(ada):
    stop, written, errors, longest = threading.Event(), [], [], [0.0]

    def write(worker):
        number = 0
        while not stop.is_set():
            begun = time.monotonic()
            try:
                with scopes.scope():
                    post = posts.publish(author_id=ada.pk, text=f"{worker} {number}")
                    written.append(post.pk)
                    assert Post.objects.filter(pk=post.pk).exists()
            except Exception as error:
                errors.append(repr(error))
            longest[0] = max(longest[0], time.monotonic() - begun)
            number += 1
            time.sleep(0.02)
        connections.close_all()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    done, said = move(ada)
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()

    assert not errors
    assert len(set(written)) == len(written) > 100
    assert Post.objects.on("shard1").filter(author_id=ada.pk).count() == len(written)
    assert Post.objects.using("shard0").filter(author_id=ada.pk).count() == 0
    print(f"stall {done.stall_ms:.0f} ms, longest write {longest[0] * 1000:.0f} ms", said)


def test_who_delivers_by_the_map_of_before_misses_nothing_that_was_written_since(
    ada, make_account, deliver, monkeypatch
):
    wren = make_account("wren", shard="shard0")
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    deliver()
    bucket = bucket_of(ada.pk)
    found = Move.objects.create(buckets=[bucket], source="shard0", target="shard1")
    mapping.announce(found)
    before = directory.reload()
    Mover(found, lambda *_: None, keep_seconds=0).run()
    directory.reload()
    post = posts.publish(author_id=ada.pk, text="at home in shard1")

    monkeypatch.setattr(directory, "_map", before)
    deliver()

    page = timelines.home_page(account_id=wren.pk)
    assert [one.id for one in page.items] == [post.pk]
