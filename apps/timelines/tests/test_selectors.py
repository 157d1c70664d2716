import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.follows import services as follows
from apps.follows.errors import FollowingOneself
from apps.follows.models import Follow
from apps.posts import services as posts
from apps.posts.models import Post
from apps.timelines import selectors
from apps.timelines.models import Entry

pytestmark = pytest.mark.django_db(databases="__all__")


def whole(account):
    """Page through a home timeline to its end; returns (author, text, reposted by) of each."""
    found, before = [], None
    while True:
        page = selectors.home_page(account.pk, before=before)
        found += page.items
        if page.next_cursor is None:
            return found
        before = int(page.next_cursor)


def oracle(account):
    """What the timeline must hold, by plain queries over all shards: ids, newest first."""
    followed = {row.followed_id for row in Follow.objects.filter(follower_id=account.pk)}
    rows = {row.pk: row for row in Post.objects.scatter()}
    shown = [
        row
        for row in rows.values()
        if row.author_id in followed | {account.pk}
        and (row.repost_of_id is None or row.repost_of_id in rows)
    ]
    return [row.repost_of_id or row.pk for row in sorted(shown, key=lambda r: -r.pk)]


def test_a_follower_on_another_shard_sees_the_post(make_account, deliver):
    a, b = make_account(shard="shard0"), make_account(shard="shard1")
    follows.follow(follower_id=a.pk, followed_id=b.pk)
    deliver()
    post = posts.publish(author_id=b.pk, text="hello")
    deliver()

    assert [c.id for c in selectors.home_page(a.pk, before=None).items] == [post.pk]
    assert Post.objects.using("shard1").filter(id=post.pk).exists()
    assert Entry.objects.using("shard0").filter(account_id=a.pk, post_id=post.pk).exists()


def test_ones_own_post_is_there_at_once(make_account):
    me = make_account()
    post = posts.publish(author_id=me.pk, text="mine")

    assert [c.id for c in selectors.home_page(me.pk, before=None).items] == [post.pk]


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


@pytest.mark.parametrize("authors", [1, 12])
def test_a_home_timeline_of_20_posts_takes_two_queries_and_one_a_shard(
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
    assert len(queries) <= 2 + 2, queries


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["post", "repost", "follow", "unfollow", "delete", "reply", "deliver"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=25,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_every_timeline_equals_the_plain_answer(make_account, deliver, steps):
    people = [make_account(shard=f"shard{n % 2}") for n in range(4)]
    written = []
    for verb, one, other in steps:
        who, whom = people[one].pk, people[other].pk
        if verb == "post":
            written.append(posts.publish(author_id=who, text="x"))
        elif verb == "deliver":
            deliver()
        elif verb == "follow" and who != whom:
            follows.follow(follower_id=who, followed_id=whom)
        elif verb == "unfollow":
            follows.unfollow(follower_id=who, followed_id=whom)
        elif written and verb == "repost":
            posts.repost(author_id=who, post_id=written[other % len(written)].pk)
        elif written and verb == "reply":
            parent = written[other % len(written)].pk
            written.append(posts.publish(author_id=who, text="re", in_reply_to_id=parent))
        elif written and verb == "delete":
            gone = written.pop(other % len(written))
            posts.delete(post_id=gone.pk)
    deliver()

    for account in people:
        assert [c.id for c in whole(account)] == oracle(account)
