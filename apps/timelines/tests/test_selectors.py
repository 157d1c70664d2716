import random

import pytest

from apps.follows import services as follows
from apps.follows.errors import FollowingOneself
from apps.posts import services as posts
from apps.posts.models import Post
from apps.timelines import selectors
from apps.timelines.models import Entry
from apps.timelines.tests.oracles import oracle, whole

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_follower_on_another_shard_sees_the_post(make_account, deliver):
    a, b = make_account(shard="shard0"), make_account(shard="shard1")
    follows.follow(follower_id=a.pk, followed_id=b.pk)
    deliver()
    post = posts.publish(author_id=b.pk, text="hello")
    deliver()

    assert [c.id for c in selectors.home_page(a.pk).items] == [post.pk]
    assert Post.objects.using("shard1").filter(id=post.pk).exists()
    assert Entry.objects.using("shard0").filter(account_id=a.pk, post_id=post.pk).exists()


def test_ones_own_post_is_there_at_once(make_account):
    me = make_account()
    post = posts.publish(author_id=me.pk, text="mine")

    assert [c.id for c in selectors.home_page(me.pk).items] == [post.pk]


def test_posts_from_before_the_follow_are_there_and_gone_after_unfollowing(make_account, deliver):
    me, author = make_account(), make_account()
    old = posts.publish(author_id=author.pk, text="old")
    follows.follow(follower_id=me.pk, followed_id=author.pk)
    deliver()
    assert [c.id for c in whole(me)] == [old.pk]

    follows.unfollow(follower_id=me.pk, followed_id=author.pk)
    assert whole(me) == []
    deliver()

    assert whole(me) == []
    assert not Entry.objects.filter(account_id=me.pk).exists()


def test_an_unfollow_that_overtakes_the_fan_out_wins(make_account, deliver):
    me, author = make_account(), make_account()
    follows.follow(follower_id=me.pk, followed_id=author.pk)
    deliver()
    posts.publish(author_id=author.pk, text="late")
    follows.unfollow(follower_id=me.pk, followed_id=author.pk)
    deliver()

    assert whole(me) == []


def test_a_post_deleted_before_its_fan_out_ran_is_in_no_timeline(make_account, deliver):
    me, author = make_account(), make_account()
    follows.follow(follower_id=me.pk, followed_id=author.pk)
    deliver()
    post = posts.publish(author_id=author.pk, text="x")
    posts.delete(post_id=post.pk, by=author.pk)
    deliver()

    assert whole(me) == []
    assert not Entry.objects.filter(account_id=me.pk).exists()


def test_nobody_follows_himself(make_account):
    me = make_account()
    with pytest.raises(FollowingOneself):
        follows.follow(follower_id=me.pk, followed_id=me.pk)


def test_a_home_timeline_is_complete_by_cursor_without_gap_or_double(make_account, deliver):
    me = make_account()
    authors = [make_account() for _ in range(6)]
    for author in authors:
        follows.follow(follower_id=me.pk, followed_id=author.pk)
    rng = random.Random(3)
    for number in range(90):
        posts.publish(author_id=rng.choice([me, *authors]).pk, text=str(number))
    deliver()

    assert [c.id for c in whole(me)] == oracle(me)
    assert len(whole(me)) == 90


@pytest.mark.django_db(databases="__all__", transaction=True)
@pytest.mark.parametrize("authors", [1, 12])
def test_a_home_timeline_that_was_seen_takes_no_query(
    make_account, deliver, client, count_queries, authors
):
    me = make_account()
    followed = [make_account() for _ in range(authors)]
    for author in followed:
        follows.follow(follower_id=me.pk, followed_id=author.pk)
    for number in range(30):
        post = posts.publish(author_id=followed[number % authors].pk, text=f"post {number}")
        posts.like(account_id=me.pk, post_id=post.pk)
        if number % 5 == 0:
            posts.repost(author_id=followed[-1].pk, post_id=post.pk)
    deliver()
    client.force_login(me)
    client.get("/")

    with count_queries() as queries:
        answer = client.get("/")

    assert answer.text.count("<article") == 20
    assert queries == []
