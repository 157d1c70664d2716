import pytest
from django.db import transaction
from django.utils import timezone

from apps.events import announcements, dispatch, inbox, outbox, registry
from apps.events.delivery import deliver as deliver_one
from apps.events.errors import TopicTaken
from apps.events.models import Delivery, Event
from apps.events.registry import Event as Fact
from apps.posts import services as posts
from apps.posts.events import PostPublished
from apps.posts.models import Post, Tally
from apps.sharding import shards
from apps.sharding.errors import NoTransaction

pytestmark = pytest.mark.django_db(databases="__all__")


def waiting():
    return sum(
        Event.objects.using(shard).filter(finished_at=None).count()
        for shard in ("shard0", "shard1")
    )


def test_an_event_outside_of_a_transaction_is_refused():
    with pytest.raises(NoTransaction, match="Recording an event"):
        outbox.record(PostPublished(post_id=1, author_id=1))


def test_a_rolled_back_write_leaves_no_event(make_account):
    author = make_account()

    with pytest.raises(ZeroDivisionError), shards.atomic_for(author.pk):
        posts.publish(author_id=author.pk, text="x")
        raise ZeroDivisionError

    assert waiting() == 0
    assert not Post.objects.filter(author_id=author.pk).exists()


def test_an_event_lies_beside_the_rows_it_is_about(make_account):
    author = make_account(shard="shard1")
    post = posts.publish(author_id=author.pk, text="x")

    event = Event.objects.using("shard1").get()

    assert event.topic == "posts.post-published.v1"
    assert event.payload["post_id"] == post.pk
    assert event.bucket == post.bucket
    assert not Event.objects.using("shard0").exists()


def test_an_event_is_finished_when_every_subscriber_is_done(make_account):
    posts.publish(author_id=make_account(shard="shard0").pk, text="x")
    errands = dispatch.claim("shard0")

    for errand in errands[:-1]:
        assert deliver_one([errand]).tried == 1
    assert waiting() == 1
    assert deliver_one(errands[-1:]).tried == 1

    assert waiting() == 0
    fact = PostPublished(post_id=1, author_id=1, signs="")
    assert {e.subscriber for e in errands} == {
        s.name for s in registry.subscribers_of(fact.topic) if s.when(fact)
    }


def test_what_was_handed_on_and_forgotten_is_handed_on_again(make_account):
    posts.publish(author_id=make_account(shard="shard0").pk, text="x")
    first = dispatch.claim("shard0")

    assert dispatch.claim("shard0") == []
    Event.objects.using("shard0").update(handed_at=timezone.now() - 2 * dispatch.PATIENCE)

    assert dispatch.claim("shard0") == first


def test_an_effect_that_was_had_but_not_recorded_is_not_had_again(make_account, deliver):
    parent = posts.publish(author_id=make_account().pk, text="parent")
    posts.publish(author_id=make_account().pk, text="reply", in_reply_to_id=parent.pk)
    deliver()
    for shard in ("shard0", "shard1"):
        Delivery.objects.using(shard).update(state="waiting")
        Event.objects.using(shard).update(handed_at=None, finished_at=None)

    assert deliver() > 0

    assert Tally.of(parent.pk)["replies"] == 1


def test_a_receipt_belongs_into_a_transaction(make_account):
    owner = make_account().pk
    with pytest.raises(NoTransaction):
        inbox.first_time(owner, 1, "x")
    with shards.atomic_for(owner):
        assert inbox.first_time(owner, 1, "x")
        assert not inbox.first_time(owner, 1, "x")
        assert inbox.first_time(owner, 2, "x")


def test_with_the_broker_away_writes_go_on_and_events_wait(
    make_account, settings, django_capture_on_commit_callbacks
):
    from kombu.exceptions import OperationalError

    from apps.events import tasks

    author = make_account(shard="shard0")

    def away(*args, **options):
        raise OperationalError("no broker")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks.dispatch, "apply_async", away)
        with django_capture_on_commit_callbacks(using="shard0", execute=True) as callbacks:
            posts.publish(author_id=author.pk, text="x")

    assert len(callbacks) == 1
    assert waiting() == 1


def test_two_events_cannot_share_a_topic():
    with pytest.raises(TopicTaken, match="PostPublished"):

        class Other(Fact):
            topic = "posts.post-published.v1"
            key_field = "x"


def test_every_event_has_a_subscriber_or_is_told_to_browsers():
    without = [topic for topic in registry.topics() if not registry.subscribers_of(topic)]

    assert [topic for topic in without if topic not in announcements.declared()] == []


def test_two_dispatchers_never_claim_the_same_event(make_account):
    posts.publish(author_id=make_account(shard="shard0").pk, text="x")
    with transaction.atomic(using="shard0"):
        assert dispatch.claim("shard0")
        assert dispatch.claim("shard0") == []
