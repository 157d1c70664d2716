from datetime import UTC, datetime

import pytest

from apps.events.models import Event
from apps.follows import services as follows
from apps.notifications import receivers
from apps.notifications.models import Notification
from apps.notifications.tests.conftest import told
from apps.posts import imports
from apps.posts import services as posts
from apps.posts.events import PostDeleted, PostLiked, PostPublished, PostUnliked
from apps.posts.imports import Draft

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def post(two):
    return posts.publish(author_id=two[0].pk, text="hello")


def announced():
    """How many notifications were announced, on all shards."""
    topic = "notifications.account-notified.v1"
    return sum(Event.objects.using(s).filter(topic=topic).count() for s in ("shard0", "shard1"))


def act(kind, wren, ada, post):
    """Let wren do something that concerns ada; returns what ada shall be told."""
    if kind == "like":
        posts.like(account_id=wren.pk, post_id=post.pk)
    elif kind == "repost":
        posts.repost(author_id=wren.pk, post_id=post.pk)
    elif kind == "follow":
        follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    else:
        reply = posts.publish(author_id=wren.pk, text="re", in_reply_to_id=post.pk)
        return ("reply", "wren", reply.pk)
    return (kind, "wren", None if kind == "follow" else post.pk)


def take_back(kind, wren, ada, post):
    if kind == "like":
        posts.unlike(account_id=wren.pk, post_id=post.pk)
    elif kind == "repost":
        posts.unrepost(author_id=wren.pk, post_id=post.pk)
    else:
        follows.unfollow(follower_id=wren.pk, followed_id=ada.pk)


KINDS = ("like", "repost", "follow", "reply")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_reaches_its_account_on_another_shard(two, post, deliver, kind):
    ada, wren = two

    expected = act(kind, wren, ada, post)
    deliver()

    assert told(ada) == [expected]
    assert told(wren) == []
    assert Notification.objects.using("shard0").count() == 1
    assert not Notification.objects.using("shard1").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_delivery_changes_nothing(two, post, deliver, deliver_again, kind):
    ada, wren = two
    expected = act(kind, wren, ada, post)
    deliver()
    first = Notification.objects.filter(account_id=ada.pk).get().pk

    assert deliver_again() > 0

    assert told(ada) == [expected]
    assert Notification.objects.filter(account_id=ada.pk).get().pk == first
    assert announced() == 1


@pytest.mark.parametrize("kind", ["like", "repost", "follow"])
def test_taken_back_it_is_gone_and_done_again_it_is_new(two, post, deliver, deliver_again, kind):
    ada, wren = two
    expected = act(kind, wren, ada, post)
    deliver()
    first = Notification.objects.filter(account_id=ada.pk).get().pk
    take_back(kind, wren, ada, post)
    deliver()
    assert told(ada) == []

    act(kind, wren, ada, post)
    deliver()
    deliver_again()

    assert told(ada) == [expected]
    assert Notification.objects.filter(account_id=ada.pk).get().pk > first
    assert announced() == 2


@pytest.mark.parametrize("kind", ["like", "repost", "follow"])
def test_taken_back_before_delivery_nobody_is_told(two, post, deliver, kind):
    ada, wren = two
    act(kind, wren, ada, post)
    take_back(kind, wren, ada, post)

    deliver()

    assert told(ada) == []
    assert announced() == 0


def test_an_unlike_that_is_delivered_before_its_like_wins(two, post):
    ada, wren = two
    fields = {"post_id": post.pk, "author_id": ada.pk, "account_id": wren.pk}

    receivers.withdraw_like(PostUnliked(**fields), 2)
    receivers.notify_of_like(PostLiked(**fields), 1)

    assert told(ada) == []


def test_an_unlike_that_is_delivered_after_the_next_like_takes_nothing(two, post, deliver):
    ada, wren = two
    posts.like(account_id=wren.pk, post_id=post.pk)
    deliver()

    receivers.withdraw_like(PostUnliked(post.pk, ada.pk, wren.pk), 1)

    assert told(ada) == [("like", "wren", post.pk)]


def test_an_old_unrepost_takes_no_newer_repost_back(two, post, deliver):
    ada, wren = two
    old = posts.repost(author_id=wren.pk, post_id=post.pk).pk
    posts.unrepost(author_id=wren.pk, post_id=post.pk)
    posts.repost(author_id=wren.pk, post_id=post.pk)
    deliver()

    receivers.withdraw_repost(PostDeleted(old, wren.pk, repost_of_id=post.pk), 1)

    assert told(ada) == [("repost", "wren", post.pk)]


def test_a_reply_that_is_deleted_before_delivery_is_not_told_of(two, post):
    ada, wren = two
    reply = posts.publish(author_id=wren.pk, text="re", in_reply_to_id=post.pk)
    posts.delete(post_id=reply.pk)

    receivers.notify_of_reply(
        PostPublished(reply.pk, wren.pk, in_reply_to_id=post.pk, root_id=post.pk), 1
    )

    assert told(ada) == []


def test_nobody_is_told_of_their_own_deeds(two, post, deliver):
    ada, _ = two
    for kind in ("like", "repost", "reply"):
        act(kind, ada, ada, post)

    deliver()

    assert not Notification.objects.scatter().count()
    assert announced() == 0


def test_a_deleted_reply_is_taken_back(two, post, deliver):
    ada, wren = two
    reply = posts.publish(author_id=wren.pk, text="re", in_reply_to_id=post.pk)
    kept = posts.publish(author_id=wren.pk, text="re 2", in_reply_to_id=post.pk)
    deliver()

    posts.delete(post_id=reply.pk, by=wren.pk)
    deliver()

    assert told(ada) == [("reply", "wren", kept.pk)]
    assert Notification.objects.scatter().count() == 1


def test_a_deleted_reply_is_taken_back_where_what_it_answers_is_gone_too(two, post, deliver):
    ada, wren = two
    reply = posts.publish(author_id=wren.pk, text="re", in_reply_to_id=post.pk)
    deliver()
    posts.delete(post_id=post.pk)
    deliver()
    assert told(ada) == [("reply", "wren", reply.pk)]

    posts.delete(post_id=reply.pk)
    deliver()

    assert not Notification.objects.scatter().count()


def test_a_deleted_post_takes_what_was_told_of_it_along(two, post, deliver, deliver_again):
    ada, wren = two
    other = posts.publish(author_id=ada.pk, text="other")
    for kind in ("like", "repost"):
        act(kind, wren, ada, post)
    posts.like(account_id=wren.pk, post_id=other.pk)
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    deliver()

    posts.delete(post_id=post.pk)
    deliver()
    deliver_again()

    assert set(told(ada)) == {("like", "wren", other.pk), ("follow", "wren", None)}
    assert Notification.objects.scatter().count() == 2


def test_what_answers_or_reposts_a_post_that_is_gone_tells_nobody(two, post, deliver):
    _, wren = two
    act("reply", wren, two[0], post)
    act("repost", wren, two[0], post)
    posts.delete(post_id=post.pk)

    deliver()

    assert not Notification.objects.scatter().count()


def test_a_reply_tells_who_is_answered_not_who_began(two, make_account, post, deliver):
    ada, wren = two
    rook = make_account("rook")
    reply = posts.publish(author_id=wren.pk, text="re", in_reply_to_id=post.pk)
    answer = posts.publish(author_id=rook.pk, text="re re", in_reply_to_id=reply.pk)

    deliver()

    assert told(ada) == [("reply", "wren", reply.pk)]
    assert told(wren) == [("reply", "rook", answer.pk)]


def test_a_like_of_somebodys_repost_tells_nobody(two, post, deliver):
    ada, wren = two
    row = posts.repost(author_id=ada.pk, post_id=post.pk)
    posts.like(account_id=wren.pk, post_id=row.pk)

    deliver()

    assert told(ada) == []


def test_imported_posts_notify_nobody(two, deliver):
    ada, wren = two
    follows.follow(follower_id=ada.pk, followed_id=wren.pk)
    deliver()
    draft = Draft("https://old.example/1", "@ada hello", datetime(2015, 6, 1, tzinfo=UTC))

    imports.import_posts(author_id=wren.pk, drafts=[draft])
    deliver()

    assert told(ada) == []
    assert told(wren) == [("follow", "ada", None)]
