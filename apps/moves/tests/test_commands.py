"""`manage.py shards` as an operator uses it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from apps.moves import pacing, replication
from apps.moves.models import Move, Step
from apps.moves.mover import Mover
from apps.moves.tests.test_mover import rows_on
from apps.posts import services as posts
from apps.posts.models import Post
from apps.sharding import directory
from apps.sharding.guards import MOVER
from apps.sharding.ids import BUCKETS, bucket_of

pytestmark = [
    pytest.mark.usefixtures("map_as_it_was"),
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]


def shards(*words):
    out = StringIO()
    call_command("shards", *map(str, words), stdout=out)
    return out.getvalue()


@pytest.fixture
def ada(make_account):
    account = make_account("ada", shard="shard0")
    posts.publish(author_id=account.pk, text="hello")
    return account


def test_a_bucket_goes_and_comes_back(ada):
    bucket = bucket_of(ada.pk)

    there = shards("move", bucket, "--to", "shard1", "--keep", 0)
    assert "writers waited" in there
    assert directory.reload().shards[bucket] == "shard1"
    posts.publish(author_id=ada.pk, text="from there")
    shards("move", bucket, "--back", "--keep", 0)

    assert directory.reload().shards[bucket] == "shard0"
    assert Post.objects.on("shard0").filter(author_id=ada.pk).count() == 2
    assert "Every row is where the map says" in shards("verify")


def test_several_moves_of_a_plan_run_together(ada):
    numbers = [b for b in range(BUCKETS) if directory.shard_of(b) == "shard0"][:3]
    other = next(b for b in range(BUCKETS) if directory.shard_of(b) == "shard1")
    shards("move", other, "--to", "shard0", "--keep", 0)

    said = shards("move", *numbers, other, "--to", "shard1", "--parallel", 2, "--keep", 0)

    assert "done, writers waited" in said
    assert {directory.reload().shards[b] for b in (*numbers, other)} == {"shard1"}


def test_of_two_ways_both_are_taken_at_a_time(ada):
    homes = directory.reload().shards
    left, right = homes.index("shard0"), homes.index("shard1")
    shards("move", left, "--to", "shard1", "--keep", 0)
    shards("move", right, "--to", "shard0", "--keep", 0)

    said = shards("move", left, right, "--back", "--parallel", 2, "--keep", 0)

    assert said.count("done, writers waited") == 2
    assert directory.reload().shards == homes


def test_a_dry_run_says_what_it_would_do_and_does_nothing(ada):
    before = directory.reload().shards

    said = shards("drain", "shard1", "--dry-run")

    assert "rows then" in said
    assert "Nothing was changed." in said
    assert directory.reload().shards == before
    assert not Move.objects.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("move", "17"), "Say where to"),
        (("move", "x", "--to", "shard1"), "no bucket"),
        (("move", "5000", "--to", "shard1"), "they are numbered 0 to 1023"),
        (("move", "17", "--to", "nowhere"), "the topology has shard0, shard1"),
        (("move", "17", "--back"), "has not been moved"),
        (("drain", "nowhere"), "there are shard0, shard1"),
        (("drain", "shard1", "--parallel", "0"), "from 1 on"),
        (("resume", "7"), "no open move 7"),
    ],
)
def test_wrong_input_is_told(words, said):
    with pytest.raises(CommandError, match=said):
        shards(*words)


def test_a_row_that_is_astray_is_found_and_put_right(ada):
    row = Post.objects.on("shard0").filter(author_id=ada.pk).values().get()
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    with transaction.atomic(using="shard1"), connections["shard1"].cursor() as cursor:
        cursor.execute(f"SET LOCAL {MOVER} = 'on'")
        cursor.execute(f"INSERT INTO posts_post ({names}) VALUES ({marks})", list(row.values()))

    with pytest.raises(CommandError, match="Not all is well"):
        shards("verify")
    assert "It is put right." in shards("verify", "--repair")

    assert Post.objects.on("shard0").filter(author_id=ada.pk).count() == 1


def test_a_copy_whose_source_was_replaced_begins_anew(ada):
    move = Move.objects.create(buckets=[bucket_of(ada.pk)], source="shard0", target="shard1")
    Mover(move, lambda *_: None, keep_seconds=0)._planned()
    replication.publish(move)
    replication.subscribe(move)
    with connections["shard1"].cursor() as cursor:
        cursor.execute(f"ALTER SUBSCRIPTION {move.name} DISABLE")
    replication._drop_slot(move)

    said = []
    Mover(move, lambda _, what: said.append(what), keep_seconds=0).run()

    assert move.step == Step.DONE
    assert "the copy begins anew" in said[0]
    assert rows_on("shard1", bucket_of(ada.pk))["posts_post"] == 1
    assert not rows_on("shard0", bucket_of(ada.pk))


def test_moves_wait_for_a_server_that_is_slow(monkeypatch):
    times, said = [500.0, 300.0, 5.0, 5.0], []
    monkeypatch.setattr(pacing, "commit_ms", lambda _: times.pop(0))
    monkeypatch.setattr(pacing, "PAUSE_SECONDS", 0)

    pacing.wait_until_quick(["shard0", "shard1"], 100, said.append)

    assert times == []
    assert len(said) == 2
    assert "500 ms for a commit" in said[0]


def test_how_far_a_copy_is_is_said_with_the_time_left():
    size = replication.Size
    half = replication.Progress(size(500, 5_000_000), size(1_000, 10_000_000), 1_024, False)

    assert pacing.described(half, 30) == (
        "500 of 1,000 rows, 5.0 of 10.0 MB, 1,024 bytes behind, about 30 s left"
    )
