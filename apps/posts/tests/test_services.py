from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from apps.events.models import Event
from apps.posts import cards, selectors, services, threads
from apps.posts.errors import NoSuchPost, NotTheAuthor
from apps.posts.models import Like, Post, Reply, Tally
from apps.replication import scopes

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def two(make_account):
    return make_account(shard="shard0"), make_account(shard="shard1")


def card(post, viewer=None):
    return cards.card(post.pk, viewer_id=viewer.pk if viewer else None)


def test_a_like_counts_once_and_can_be_taken_back(two):
    post = services.publish(author_id=two[0].pk, text="x")
    for _ in range(2):
        services.like(account_id=two[1].pk, post_id=post.pk)
    assert (card(post, two[1]).likes, card(post, two[1]).liked) == (1, True)
    assert card(post, two[0]).liked is False

    for _ in range(2):
        services.unlike(account_id=two[1].pk, post_id=post.pk)

    assert (card(post, two[1]).likes, card(post, two[1]).liked) == (0, False)


def test_a_like_and_its_taking_back_are_announced_once_each(two):
    post = services.publish(author_id=two[0].pk, text="x")
    for verb in (services.like, services.like, services.unlike, services.unlike):
        verb(account_id=two[1].pk, post_id=post.pk)

    events = Event.objects.filter(key=post.pk).order_by("id")

    fields = {"post_id": post.pk, "author_id": two[0].pk, "account_id": two[1].pk}
    assert [(event.topic, event.payload) for event in events] == [
        ("posts.post-liked.v1", fields),
        ("posts.post-unliked.v1", fields),
    ]


def test_a_repost_is_one_however_often_it_is_asked_for(two, deliver):
    post = services.publish(author_id=two[0].pk, text="x")
    first = services.repost(author_id=two[1].pk, post_id=post.pk)
    assert services.repost(author_id=two[1].pk, post_id=post.pk) == first
    assert services.repost(author_id=two[0].pk, post_id=first.pk).repost_of_id == post.pk
    deliver()
    assert (card(post, two[1]).reposts, card(post, two[1]).reposted) == (2, True)

    services.unrepost(author_id=two[1].pk, post_id=post.pk)
    deliver()

    assert (card(post, two[1]).reposts, card(post, two[1]).reposted) == (1, False)


def test_a_conversation_across_shards(two, deliver):
    root = services.publish(author_id=two[0].pk, text="root")
    reply = services.publish(author_id=two[1].pk, text="reply", in_reply_to_id=root.pk)
    answer = services.publish(author_id=two[0].pk, text="answer", in_reply_to_id=reply.pk)
    deliver()

    around = threads.thread(reply.pk, viewer_id=None)

    assert [a.text for a in around.ancestors] == ["root"]
    assert [r.text for r in around.replies.items] == ["answer"]
    assert around.post.replies == 1
    deep = threads.thread(answer.pk, viewer_id=None)
    assert [a.text for a in deep.ancestors] == ["root", "reply"]


def test_ones_own_reply_is_there_before_its_event_is_delivered(two):
    root = services.publish(author_id=two[0].pk, text="root")
    services.publish(author_id=two[1].pk, text="mine", in_reply_to_id=root.pk)

    mine = threads.thread(root.pk, viewer_id=two[1].pk)
    others = threads.thread(root.pk, viewer_id=two[0].pk)

    assert [r.text for r in mine.replies.items] == ["mine"]
    assert others.replies.items == []


def test_replies_page_through_in_order(two, deliver):
    root = services.publish(author_id=two[0].pk, text="root")
    written = [
        services.publish(author_id=two[n % 2].pk, text=str(n), in_reply_to_id=root.pk).pk
        for n in range(threads.PAGE + 7)
    ]
    deliver()

    first = threads.thread(root.pk, viewer_id=two[0].pk)
    after = int(first.replies.next_cursor)
    second = threads.thread(root.pk, viewer_id=two[0].pk, after=after)

    found = [r.id for r in (*first.replies.items, *second.replies.items)]
    assert found == sorted(written)
    assert second.replies.next_cursor is None


def test_a_deleted_post_takes_its_likes_counts_and_reposts_along(two, deliver):
    post = services.publish(author_id=two[0].pk, text="x")
    services.like(account_id=two[1].pk, post_id=post.pk)
    services.repost(author_id=two[1].pk, post_id=post.pk)
    reply = services.publish(author_id=two[1].pk, text="reply", in_reply_to_id=post.pk)
    deliver()

    services.delete(post_id=post.pk, by=two[0].pk)
    deliver()

    assert card(post) is None
    assert list(Post.objects.using("shard1").values_list("pk", flat=True)) == [reply.pk]
    assert not Like.objects.using("shard0").exists()
    assert not Tally.objects.filter(owner_id=post.pk).exists()
    assert selectors.posts_count(two[0].pk) == 0
    assert threads.thread(reply.pk, viewer_id=None).ancestors == [None]


def test_a_deleted_reply_leaves_the_conversation(two, deliver):
    root = services.publish(author_id=two[0].pk, text="root")
    reply = services.publish(author_id=two[1].pk, text="reply", in_reply_to_id=root.pk)
    deliver()

    services.delete(post_id=reply.pk, by=two[1].pk)
    deliver()

    assert card(root).replies == 0
    assert not Reply.objects.using("shard0").exists()


def test_only_the_author_deletes(two):
    post = services.publish(author_id=two[0].pk, text="x")

    with pytest.raises(NotTheAuthor):
        services.delete(post_id=post.pk, by=two[1].pk)

    assert card(post) is not None


def test_what_is_not_there_cannot_be_answered_liked_reposted_or_deleted(two):
    gone = services.publish(author_id=two[0].pk, text="x")
    services.delete(post_id=gone.pk, by=two[0].pk)
    me = two[1].pk

    with pytest.raises(NoSuchPost):
        services.publish(author_id=me, text="x", in_reply_to_id=gone.pk)
    with pytest.raises(NoSuchPost):
        services.repost(author_id=me, post_id=gone.pk)
    with pytest.raises(NoSuchPost):
        services.delete(post_id=gone.pk, by=me)


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_like_of_a_deleted_post_is_refused(two):
    gone = services.publish(author_id=two[0].pk, text="x")
    services.delete(post_id=gone.pk, by=two[0].pk)

    with pytest.raises(NoSuchPost):
        services.like(account_id=two[1].pk, post_id=gone.pk)

    assert not Like.objects.using("shard0").exists()


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_likes_of_many_at_once_are_all_counted(two):
    post = services.publish(author_id=two[0].pk, text="hot")

    def like(number):
        try:
            services.like(account_id=number * 4097, post_id=post.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(like, range(1, 81)))

    assert card(post).likes == 80 == Like.objects.filter(post_id=post.pk).count()


@pytest.mark.cluster
@pytest.mark.django_db(databases="__all__", transaction=True)
@pytest.mark.parametrize("size", [2, 20])
def test_a_page_that_nobody_has_seen_takes_four_queries_a_shard_and_then_none(
    two, count_queries, size
):
    """Posts, counts, authors, the viewer's likes; what he did at home, and how far his own are."""
    wanted = []
    for number in range(size):
        post = services.publish(author_id=two[number % 2].pk, text=str(number))
        wanted.append(post.pk)

    def ask():
        with scopes.scope(), count_queries() as queries:
            found = cards.cards(wanted, viewer_id=two[0].pk)
        assert [c.id for c in found] == wanted
        return [query for query in queries if query.startswith('SELECT "')]

    assert len(ask()) == 4 * 2 + 2
    assert ask() == []
