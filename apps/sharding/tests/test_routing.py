import pytest
from django.db import DatabaseError, connections, transaction

from apps.follows.models import Follow
from apps.posts.models import Like, Post
from apps.sharding import directory, shards
from apps.sharding.errors import (
    CrossShardTransaction,
    ForeignBucket,
    NoTransaction,
    SeveralShards,
    ShardKeyMissing,
)
from apps.sharding.ids import bucket_of
from apps.sharding.models import Bucket

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def two(make_account):
    return make_account(shard="shard0"), make_account(shard="shard1")


def write(author, text="x"):
    with shards.atomic_for(author.pk):
        return Post.objects.create(author_id=author.pk, text=text)


def test_a_row_lives_where_its_id_says(two):
    for account, home, other in ((two[0], "shard0", "shard1"), (two[1], "shard1", "shard0")):
        post = write(account)

        assert post.bucket == bucket_of(account.pk)
        assert Post.objects.using(home).filter(id=post.pk).exists()
        assert not Post.objects.using(other).filter(id=post.pk).exists()


def test_a_query_finds_its_shard_in_its_filters(two):
    post = write(two[1])

    assert Post.objects.filter(author_id=two[1].pk).db == "shard1"
    assert Post.objects.filter(text="x", id=post.pk).db == "shard1"
    assert Post.objects.filter(id__in=[post.pk]).db == "shard1"
    assert Post.objects.filter(author_id=two[0].pk).exclude(id=post.pk).db == "shard0"
    assert Like.objects.filter(post=post).db == "shard1"
    assert Post.objects.get(id=post.pk) == post
    assert post._state.db == "shard1"


def test_a_query_without_a_key_is_refused_with_the_call_to_use_instead(two):
    with pytest.raises(ShardKeyMissing, match=r"Post\.objects\.scatter"):
        list(Post.objects.filter(text="x"))
    with pytest.raises(ShardKeyMissing):
        Post.objects.exclude(id=write(two[0]).pk).count()
    with pytest.raises(ShardKeyMissing):
        Follow.objects.filter(followed_id=two[0].pk).exists()


def test_a_query_over_keys_of_two_shards_is_refused(two):
    both = [write(two[0]).pk, write(two[1]).pk]

    with pytest.raises(SeveralShards):
        list(Post.objects.filter(id__in=both))

    assert Post.objects.get_many([*both, 1]).keys() == set(both)


def test_writes_route_themselves(two):
    post = write(two[1])
    Post.objects.filter(id=post.pk).update(text="changed")
    post.refresh_from_db()
    assert post.text == "changed"

    _, made = Follow.objects.get_or_create(follower_id=two[1].pk, followed_id=two[0].pk)
    _, again = Follow.objects.get_or_create(follower_id=two[1].pk, followed_id=two[0].pk)
    assert (made, again) == (True, False)
    Follow.objects.bulk_create(
        [Follow(follower_id=two[0].pk, followed_id=two[1].pk)], ignore_conflicts=True
    )
    assert Follow.objects.using("shard0").count() == Follow.objects.using("shard1").count() == 1

    post.delete()
    assert not Post.objects.using("shard1").exists()


def test_an_id_is_made_inside_its_owners_transaction_only(two):
    with pytest.raises(NoTransaction, match="atomic_for"):
        Post.objects.create(author_id=two[0].pk, text="x")


def test_a_transaction_of_another_bucket_inside_one_is_refused(two):
    with pytest.raises(CrossShardTransaction), shards.atomic_for(two[0].pk):
        with shards.atomic_for(two[1].pk):
            pass


def test_a_nested_transaction_of_the_same_owner_is_a_savepoint(two):
    with shards.atomic_for(two[0].pk):
        write(two[0], "stays")
        with pytest.raises(ZeroDivisionError), shards.atomic_for(two[0].pk):
            write(two[0], "goes")
            raise ZeroDivisionError

    assert list(Post.objects.filter(author_id=two[0].pk).values_list("text", flat=True)) == [
        "stays"
    ]


@pytest.mark.parametrize("verb", ["insert", "update", "delete"])
def test_a_shard_refuses_rows_of_a_bucket_that_it_does_not_own(two, verb):
    post = write(two[0])
    with connections["shard0"].cursor() as cursor:
        cursor.execute("DELETE FROM sharding_ownedbucket WHERE bucket = %s", [post.bucket])
    rows = Post.objects.using("shard0").filter(id=post.pk)

    with pytest.raises(DatabaseError, match="is not on this shard"), transaction.atomic("shard0"):
        if verb == "insert":
            Post.objects.using("shard0").bulk_create([Post(id=post.pk + 1, author_id=post.pk)])
        elif verb == "update":
            rows.update(text="y")
        else:
            rows.delete()


def test_a_process_with_an_old_map_reloads_it_and_goes_on(two):
    bucket = write(two[0]).bucket
    move(bucket, "shard0", "shard1")
    try:
        post = write(two[0], "after the move")
        assert Post.objects.using("shard1").filter(id=post.pk).exists()
        assert directory.shard_of(bucket) == "shard1"
    finally:
        move(bucket, "shard1", "shard0")
        directory.reload()


def test_a_bucket_that_no_shard_owns_is_refused_with_the_remedy(two):
    with connections["shard0"].cursor() as cursor:
        cursor.execute("DELETE FROM sharding_ownedbucket")

    with pytest.raises(ForeignBucket, match="migrate_all"):
        write(two[0])


def move(bucket, source, target):
    Bucket.objects.filter(number=bucket).update(shard=target)
    with connections[source].cursor() as cursor:
        cursor.execute("DELETE FROM sharding_ownedbucket WHERE bucket = %s", [bucket])
    with connections[target].cursor() as cursor:
        cursor.execute("INSERT INTO sharding_ownedbucket VALUES (%s)", [bucket])
