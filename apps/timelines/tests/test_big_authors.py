from unittest.mock import patch

import pytest

from apps.follows import services as follows
from apps.posts import services as posts
from apps.sharding import guards
from apps.sharding.conf import conf
from apps.timelines import big_authors, entries, tasks
from apps.timelines.models import Entry, MergedAuthor, MergedAuthorCopy
from apps.timelines.tests.oracles import ids_of, oracle

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def threshold(settings):
    settings.TIMELINES_MERGE_ABOVE = 2


@pytest.fixture
def world(make_account, deliver):
    """An author on shard1 with three followers, two of them on shard0: merged at read."""
    author = make_account(shard="shard1")
    readers = [make_account(shard=shard) for shard in ("shard0", "shard0", "shard1")]
    for reader in readers:
        follows.follow(follower_id=reader.pk, followed_id=author.pk)
    deliver()
    return author, readers


def copies():
    return [set(MergedAuthorCopy.objects.using(s).values_list("pk", flat=True)) for s in shards()]


def entries_of(post):
    return sum(Entry.objects.using(s).filter(post_id=post.pk).count() for s in shards())


def shards():
    return conf().shards


def is_merged(author):
    return MergedAuthor.objects.filter(author_id=author.pk).exists()


def leave(author, readers):
    for reader in readers:
        follows.unfollow(follower_id=reader.pk, followed_id=author.pk)


def test_above_the_threshold_posts_are_merged_at_read_and_not_fanned_out(world, deliver):
    author, readers = world
    tasks.review()
    assert is_merged(author)
    assert copies() == [{author.pk}, {author.pk}]

    post = posts.publish(author_id=author.pk, text="to all")

    assert [ids_of(reader) for reader in readers] == [[post.pk]] * 3
    deliver()
    assert entries_of(post) == 0
    assert [ids_of(reader) for reader in readers] == [[post.pk]] * 3


def test_only_below_half_of_the_threshold_they_are_fanned_out_again(world, deliver):
    author, readers = world
    tasks.review()
    leave(author, readers[:2])
    deliver()
    assert is_merged(author)
    left_out = posts.publish(author_id=author.pk, text="left out")
    deliver()
    leave(author, readers[2:])
    deliver()
    assert not is_merged(author)
    assert copies() == [set(), set()]

    follows.follow(follower_id=readers[0].pk, followed_id=author.pk)
    post = posts.publish(author_id=author.pk, text="again")
    deliver()

    assert not is_merged(author)
    assert entries_of(post) == entries_of(left_out) == 1
    assert ids_of(readers[0]) == oracle(readers[0]) == [post.pk, left_out.pk]


def test_who_is_big_depends_on_what_he_was():
    cases = [(n, big_authors.is_big(n, merged=m, above=10)) for m in (False, True) for n in (4, 5)]
    assert cases == [(4, False), (5, False), (4, False), (5, True)]
    assert not big_authors.is_big(10, merged=False, above=10)
    assert big_authors.is_big(11, merged=False, above=10)


def test_what_was_left_out_is_there_after_the_change_back(world, deliver):
    author, readers = world
    before = posts.publish(author_id=author.pk, text="before")
    deliver()
    big_authors.merge(author_id=author.pk)
    meanwhile = posts.publish(author_id=author.pk, text="meanwhile")
    original = posts.publish(author_id=readers[0].pk, text="of a reader")
    repost = posts.repost(author_id=author.pk, post_id=original.pk)
    deliver()
    assert entries_of(meanwhile) == entries_of(repost) == 0

    big_authors.unmerge(author_id=author.pk)

    assert entries_of(before) == entries_of(meanwhile) == entries_of(repost) == 3
    assert copies() == [set(), set()]
    assert [ids_of(reader) for reader in readers] == [oracle(reader) for reader in readers]


def test_more_than_a_back_fill_left_out_raises_the_followers_horizons(world, deliver, monkeypatch):
    author, readers = world
    monkeypatch.setattr(entries, "BACKFILL", 2)
    big_authors.merge(author_id=author.pk)
    written = [posts.publish(author_id=author.pk, text=str(n)) for n in range(5)]
    deliver()

    big_authors.unmerge(author_id=author.pk)

    assert [entries_of(post) for post in written] == [0, 0, 0, 3, 3]
    assert [ids_of(reader) for reader in readers] == [oracle(reader) for reader in readers]


def test_a_deleted_post_of_a_merged_author_is_in_no_timeline(world, deliver):
    author, readers = world
    kept = posts.publish(author_id=author.pk, text="kept")
    deliver()
    big_authors.merge(author_id=author.pk)
    gone = posts.publish(author_id=author.pk, text="gone")
    posts.delete(post_id=gone.pk)
    assert ids_of(readers[0]) == [kept.pk]

    posts.delete(post_id=kept.pk)
    deliver()
    big_authors.unmerge(author_id=author.pk)

    assert [ids_of(reader) for reader in readers] == [[], [], []]
    assert entries_of(kept) == entries_of(gone) == 0


@pytest.mark.parametrize("done", [0, 1])
def test_a_change_back_that_ends_half_way_is_finished_by_the_next(world, deliver, done):
    author, readers = world
    big_authors.merge(author_id=author.pk)
    posts.publish(author_id=author.pk, text="meanwhile")
    deliver()
    real, calls = entries.spread, []

    def crash(*args):
        calls.append(args)
        if len(calls) > done:
            raise RuntimeError
        return real(*args)

    with patch.object(entries, "spread", crash), pytest.raises(RuntimeError):
        big_authors.unmerge(author_id=author.pk)
    assert is_merged(author)
    assert [ids_of(reader) for reader in readers] == [oracle(reader) for reader in readers]
    late = posts.publish(author_id=author.pk, text="after the crash")
    deliver()
    big_authors.unmerge(author_id=author.pk)

    assert entries_of(late) == 3
    assert [ids_of(reader) for reader in readers] == [oracle(reader) for reader in readers]


def test_the_review_mends_copies_that_a_crash_left_or_a_new_shard_lacks(world, make_account):
    author, _ = world
    stray = make_account(shard="shard0")
    big_authors.merge(author_id=author.pk)
    MergedAuthorCopy.objects.using("shard0").filter(author_id=author.pk).delete()
    MergedAuthorCopy.objects.using("shard1").create(author_id=stray.pk)

    tasks.review()

    assert copies() == [{author.pk}, {author.pk}]
    assert big_authors.amiss({1, 2}, [{1, 2}, {1}, {1, 2, 3}]) == {2, 3}


def test_the_copies_are_the_same_on_every_shard_so_nothing_guards_them():
    assert MergedAuthor in guards.sharded_models()
    assert MergedAuthorCopy not in guards.sharded_models()


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_page_with_merged_authors_takes_one_query_on_each_of_their_shards(
    make_account, deliver, client, count_queries
):
    me = make_account()
    authors = [make_account(shard=f"shard{n % 2}") for n in range(8)]
    for author in authors:
        follows.follow(follower_id=me.pk, followed_id=author.pk)
    deliver()
    for author in authors[:4]:
        big_authors.merge(author_id=author.pk)
    for number in range(40):
        posts.publish(author_id=authors[number % 8].pk, text=f"post {number}")
    deliver()
    client.force_login(me)
    client.get("/")

    with count_queries() as queries:
        answer = client.get("/")

    assert answer.text.count("<article") == 20
    assert len(queries) == 2, queries
    assert ids_of(me) == oracle(me)


def test_the_copies_are_there_before_a_post_is_left_out(world):
    author, _ = world
    big_authors.unmerge(author_id=author.pk)
    seen = []
    real = big_authors._copy

    def copy(author_id):
        seen.append(is_merged(author))
        real(author_id)
        seen.append(MergedAuthorCopy.objects.using("shard0").filter(pk=author_id).exists())

    with patch.object(big_authors, "_copy", copy):
        big_authors.merge(author_id=author.pk)

    assert seen == [False, True]
