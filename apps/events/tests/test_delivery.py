import threading
from datetime import timedelta
from itertools import zip_longest

import pytest
from django.db import DatabaseError, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.events import delivery, dispatch, inbox, outbox, registry, replays, retries
from apps.events.errands import Errand
from apps.events.models import DeadLetter, Delivery, Event
from apps.events.registry import Subscriber
from apps.posts.events import PostsImported
from apps.posts.models import Tally
from apps.sharding import shards

pytestmark = pytest.mark.django_db(databases="__all__")

TOPIC = PostsImported.topic


@pytest.fixture
def owner(make_account):
    return make_account(shard="shard0").pk


@pytest.fixture
def subscribe(monkeypatch):
    """Return a function that makes functions the only subscribers of the topic."""

    def put(*handles, ordered=True, plugins=()):
        names = ["tests.subscriber", *(f"tests.subscriber{n}" for n in range(1, len(handles)))]
        found = [
            Subscriber(name, TOPIC, registry.one_by_one(handle), ordered, plugin=plugin)
            for name, handle, plugin in zip_longest(names, handles, plugins)
        ]
        monkeypatch.setattr(registry, "_subscribers", {each.name: each for each in found})

    return put


def record(owner, number):
    with shards.atomic_for(owner):
        return outbox.record(PostsImported(author_id=owner, post_ids=[number]))


def claimed(owner):
    record(owner, 1)
    return dispatch.claim("shard0")


def run():
    """One round of dispatch, as if all that failed were due again."""
    Delivery.objects.using("shard0").update(next_at=timezone.now())
    Event.objects.using("shard0").update(handed_at=None)
    return delivery.deliver(dispatch.claim("shard0")).tried


def test_the_events_of_a_key_come_in_order_and_wait_for_one_that_fails(owner, subscribe):
    seen, broken = [], [True]

    def handle(event, event_id):
        if event.post_ids == [2] and broken[0]:
            raise DatabaseError("not yet")
        seen.append(event.post_ids[0])

    subscribe(handle)
    for number in range(1, 5):
        record(owner, number)
    run()
    assert seen == [1]
    run()
    assert seen == [1]
    broken[0] = False

    run()

    assert seen == [1, 2, 3, 4]
    assert not Event.objects.using("shard0").filter(finished_at=None).exists()


def test_where_order_does_not_matter_a_failure_holds_nothing_up(owner, subscribe):
    seen = []

    def handle(event, event_id):
        if event.post_ids == [2]:
            raise DatabaseError("never")
        seen.append(event.post_ids[0])

    subscribe(handle, ordered=False)
    for number in range(1, 5):
        record(owner, number)

    run()

    assert seen == [1, 3, 4]


def test_one_key_does_not_wait_for_another(owner, make_account, subscribe):
    seen = []
    other = make_account(shard="shard0").pk

    def handle(event, event_id):
        if event.author_id == owner:
            raise DatabaseError("never")
        seen.append(event.post_ids[0])

    subscribe(handle)
    record(owner, 1)
    record(other, 2)

    run()

    assert seen == [2]


def test_a_poison_event_becomes_a_dead_letter_and_those_behind_it_go_on(owner, subscribe):
    seen = []

    def handle(event, event_id):
        if event.post_ids == [1]:
            raise RecursionError("deep")
        seen.append(event.post_ids[0])

    subscribe(handle)
    poison = record(owner, 1)
    record(owner, 2)
    for _ in range(retries.MOST_ATTEMPTS):
        assert seen == []
        run()

    assert seen == [2]
    letter = DeadLetter.objects.scatter().page(limit=9).items[0]
    assert (letter.event_id, letter.attempts) == (poison, retries.MOST_ATTEMPTS)
    assert letter.error == "RecursionError: deep"
    assert "in handle" in letter.traceback


def test_a_replayed_letter_has_its_effect_once(owner, subscribe):
    broken = [True]

    def handle(event, event_id):
        with shards.atomic_for(owner):
            if inbox.first_time(owner, event_id, "test"):
                Tally.add(owner, by=event_id, posts=1)
        if broken[0]:
            raise DatabaseError("after the effect")

    subscribe(handle)
    record(owner, 1)
    for _ in range(retries.MOST_ATTEMPTS):
        run()
    broken[0] = False

    assert replays.replay_letters(DeadLetter.objects.scatter()) == 1
    run()

    assert Tally.of(owner)["posts"] == 1
    assert DeadLetter.objects.scatter().count() == 0
    assert not Event.objects.using("shard0").filter(finished_at=None).exists()


def test_a_failure_is_not_tried_again_before_its_time(owner, subscribe):
    tries = []

    def handle(event, event_id):
        tries.append(1)
        raise DatabaseError("no")

    subscribe(handle)
    record(owner, 1)
    run()
    errand = Errand("shard0", "tests.subscriber", (owner,))

    assert delivery.deliver([errand]).tried == 0
    assert len(tries) == 1
    assert delivery.wait_of(errand) >= 1.0


def test_pauses_grow_are_bounded_and_differ():
    pauses = [retries.pause(attempts, 0.0) for attempts in range(1, 9)]

    assert pauses == [timedelta(seconds=2**n) for n in range(7)] + [timedelta(seconds=120)]
    assert retries.pause(3, 1.0) == timedelta(seconds=2)
    assert retries.pause(3, 0.5) == timedelta(seconds=3)


def test_what_it_takes_to_deliver_is_paid_once_for_all_subscribers(owner, subscribe):
    """Of a delivery, its subscriber's own work is what it costs."""

    def cost_of(count):
        subscribe(*[lambda event, event_id: None] * count)
        errands = claimed(owner)
        assert len(errands) == count
        with CaptureQueriesContext(connections["shard0"]) as asked:
            assert delivery.deliver(errands) == delivery.Done(count, set())
        return len(asked)

    # Lock, read, hold, settle, finish, let go, look once more; and a savepoint.
    assert [cost_of(1), cost_of(8)] == [9, 9]


def test_who_fails_holds_no_other_subscriber_up(owner, subscribe):
    seen = []

    def fail(event, event_id):
        raise DatabaseError("no")

    subscribe(lambda event, event_id: seen.append(1), fail, lambda event, event_id: seen.append(3))
    errands = claimed(owner)

    assert delivery.deliver(errands) == delivery.Done(3, {errands[1]})

    assert seen == [1, 3]
    waiting = Delivery.objects.using("shard0").filter(state="waiting")
    assert [row.subscriber for row in waiting] == [errands[1].subscriber]


def test_what_has_ended_is_settled_though_the_round_breaks_off(owner, subscribe):
    def end(event, event_id):
        raise SystemExit

    subscribe(lambda event, event_id: None, end)

    with pytest.raises(SystemExit):
        delivery.deliver(claimed(owner))

    waiting = Delivery.objects.using("shard0").filter(state="waiting")
    assert [row.subscriber for row in waiting] == ["tests.subscriber1"]


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_what_waits_for_a_plugin_does_not_hold_the_core_up(owner, subscribe):
    """Another worker hands the core a key's next event while a plugin takes its time."""
    inside, go_on, seen = threading.Event(), threading.Event(), []

    def of_the_core(event, event_id):
        seen.append(event.post_ids[0])

    def of_a_plugin(event, event_id):
        inside.set()
        go_on.wait(5)

    def work():
        try:
            dispatch.work("shard0")
        finally:
            connections.close_all()

    subscribe(of_a_plugin, of_the_core, plugins=["search"])
    record(owner, 1)
    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(5)
    record(owner, 2)
    dispatch.work("shard0")

    assert seen == [1, 2]
    go_on.set()
    thread.join()


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_connection_that_is_ended_in_a_round_ends_its_right_and_loses_nothing(owner, subscribe):
    seen = []

    def cut(event, event_id):
        seen.append("cut")
        if seen.count("cut") == 1:
            pid = connections["shard0"].connection.info.backend_pid
            raw = connections["shard0"].copy()
            with raw.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            raw.close()

    subscribe(cut, lambda event, event_id: seen.append("other"))
    errands = claimed(owner)

    with pytest.raises(DatabaseError):
        delivery.deliver(errands)
    connections["shard0"].close()
    assert delivery.deliver(errands) == delivery.Done(2, set())

    assert seen == ["cut", "other", "cut", "other"]
    assert not Event.objects.using("shard0").filter(finished_at=None).exists()


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_ids_of_a_key_are_in_the_order_of_commits(owner):
    """A takes its id first and commits last: B, of the same key, gets its id after that."""
    recorded, may_commit, order = threading.Event(), threading.Event(), []

    def first():
        try:
            with shards.atomic_for(owner):
                order.append(outbox.record(PostsImported(author_id=owner, post_ids=[1])))
                recorded.set()
                may_commit.wait(5)
        finally:
            connections.close_all()

    def second():
        try:
            with shards.atomic_for(owner):
                may_commit_later.set()
                order.append(outbox.record(PostsImported(author_id=owner, post_ids=[2])))
        finally:
            connections.close_all()

    may_commit_later = threading.Event()
    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    recorded.wait(5)
    two.start()
    may_commit_later.wait(5)
    assert not Event.objects.using("shard0").exists()
    assert len(order) == 1
    may_commit.set()
    one.join()
    two.join()

    assert order == sorted(order)
    assert [e.payload["post_ids"] for e in Event.objects.using("shard0").order_by("id")] == [
        [1],
        [2],
    ]


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_lower_id_that_commits_later_is_delivered_too(owner, make_account, subscribe):
    """Another key's transaction takes the lower id and commits after the higher one is done."""
    seen = []
    subscribe(lambda event, event_id: seen.append(event.post_ids[0]))
    other = make_account(shard="shard0").pk
    recorded, may_commit = threading.Event(), threading.Event()

    def slow():
        try:
            with shards.atomic_for(other):
                outbox.record(PostsImported(author_id=other, post_ids=[1]))
                recorded.set()
                may_commit.wait(5)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    recorded.wait(5)
    record(owner, 2)
    run()
    assert seen == [2]
    may_commit.set()
    thread.join()

    run()

    assert seen == [2, 1]


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_one_key_is_delivered_by_one_process_at_a_time(owner, subscribe):
    inside, go_on, seen = threading.Event(), threading.Event(), []

    def handle(event, event_id):
        inside.set()
        go_on.wait(5)
        seen.append(event.post_ids[0])

    subscribe(handle)
    record(owner, 1)
    errand = dispatch.claim("shard0")[0]

    def work():
        try:
            delivery.deliver([errand])
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(5)
    record(owner, 2)
    dispatch.claim("shard0")
    assert delivery.deliver([errand]).tried == 0
    go_on.set()
    thread.join()

    assert seen == [1, 2]
