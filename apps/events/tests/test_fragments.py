import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections
from django.utils import timezone

from apps.events import fragments, outbox
from apps.events.models import DeadLetter, Delivery, Event, Receipt
from apps.posts.events import PostsImported
from apps.sharding import shards
from apps.sharding.ids import BUCKETS, bucket_of, compose, first_at, tick_at

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

WEEK = fragments.WEEK


@pytest.fixture(autouse=True)
def restore():
    """Leave the fragments as they were found."""
    yield
    with connections["shard0"].cursor() as cursor:
        for name in fragments._detached("shard0"):
            cursor.execute(f"DROP TABLE {name}")


@pytest.fixture
def owner(make_account):
    return make_account(shard="shard0").pk


def upper(shard="shard0", table="events_event"):
    return max(f.upper for f in fragments.fragments_of(shard) if f.table == table)


def add_old_weeks(owner, weeks=3):
    """Replace the fragments up to this week's by weekly ones, with an event in each old one."""
    now = datetime.now(UTC)
    start = next(fragments._mondays(now, 0)) - WEEK * weeks
    border = first_at(start + WEEK * (weeks + 1))
    with connections["shard0"].cursor() as cursor:
        for fragment in fragments.fragments_of("shard0"):
            if fragment.upper <= border:
                cursor.execute(f"DROP TABLE {fragment.name}")
        for table in fragments.TABLES:
            cursor.execute(
                f"CREATE TABLE {table}_first PARTITION OF {table} "
                f"FOR VALUES FROM (MINVALUE) TO ({first_at(start)})"
            )
            for number in range(weeks + 1):
                monday = start + WEEK * number
                end = first_at(monday + WEEK)
                cursor.execute(
                    f"CREATE TABLE {fragments.name_of(table, monday)} PARTITION OF {table} "
                    f"FOR VALUES FROM ({first_at(monday)}) TO ({end})"
                )
    rows = []
    for number in range(weeks):
        event_id = compose(tick_at(start + WEEK * number) + 5, bucket_of(owner))
        rows.append(Event(id=event_id, key=owner, topic="t", payload={}, finished_at=now))
    Event.objects.using("shard0").bulk_create(rows)
    Delivery.objects.using("shard0").bulk_create(
        Delivery(event_id=row.pk, subscriber="s", key=owner, state="done", next_at=now)
        for row in rows
    )
    Receipt.objects.using("shard0").bulk_create(
        Receipt(owner_id=owner, event_id=row.pk, effect="x") for row in rows
    )
    return [row.pk for row in rows], start


def test_four_weeks_are_there_ahead_and_once_is_enough():
    now = datetime.now(UTC)

    assert fragments.weeks_ahead("shard0", now) >= 4
    assert fragments.ensure("shard0", now) == []
    assert fragments.ensure("shard1", now) == []


def test_coming_weeks_are_made_before_they_come():
    now = datetime.now(UTC)
    later = now + WEEK * (fragments.weeks_ahead("shard0", now) - 2)

    made = fragments.ensure("shard0", later)

    assert len(made) in (4, 6)
    assert fragments.weeks_ahead("shard0", later) >= 4


def test_an_event_that_finds_no_week_fails_its_transaction(owner):
    far = compose(tick_at(datetime(2060, 1, 1, tzinfo=UTC)), bucket_of(owner))

    with pytest.raises(IntegrityError, match="no partition"):
        Event.objects.using("shard0").bulk_create([Event(id=far, key=owner, topic="t", payload={})])


def test_a_query_for_a_week_touches_one_fragment(owner):
    ids, start = add_old_weeks(owner)
    week = Event.objects.using("shard0").filter(
        id__gte=first_at(start + WEEK), id__lt=first_at(start + WEEK * 2)
    )

    plan = week.explain()

    assert [row.pk for row in week] == [ids[1]]
    assert plan.count("events_event_") - plan.count("events_event_pkey") >= 1
    names = {f.name for f in fragments.fragments_of("shard0") if f.table == "events_event"}
    assert {name for name in names if f" {name} " in plan} == {
        fragments.name_of("events_event", start + WEEK)
    }


def test_old_weeks_go_with_their_deliveries_and_receipts(owner, capsys):
    ids, start = add_old_weeks(owner)

    gone, kept = fragments.drop("shard0", start + WEEK * 2)

    assert kept == []
    assert len(gone) == 6
    left = Event.objects.using("shard0").values_list("pk", flat=True)
    assert list(left) == [ids[2]]
    assert list(Delivery.objects.using("shard0").values_list("event_id", flat=True)) == [ids[2]]
    assert list(Receipt.objects.using("shard0").values_list("event_id", flat=True)) == [ids[2]]


def test_a_week_in_which_something_waits_or_is_dead_is_kept(owner):
    ids, start = add_old_weeks(owner)
    Event.objects.using("shard0").filter(id=ids[0]).update(finished_at=None)

    _, kept = fragments.drop("shard0", start + WEEK * 3)
    assert {"not finished" in each.reason for each in kept} == {True}

    Event.objects.using("shard0").filter(id=ids[0]).update(finished_at=timezone.now())
    letter = compose(tick_at(datetime.now(UTC)), bucket_of(owner))
    DeadLetter.objects.using("shard0").bulk_create(
        [DeadLetter(id=letter, event_id=ids[0], subscriber="s", topic="t", attempts=1)]
    )
    _, kept = fragments.drop("shard0", start + WEEK * 3)
    assert {"dead letters" in each.reason for each in kept} == {True}
    assert Event.objects.using("shard0").count() == 3


def test_dropping_makes_no_insert_wait(owner):
    """Writers go on with a lock time-out of 300 ms while fragments are made and dropped."""
    _, start = add_old_weeks(owner)
    stop, problems, written = threading.Event(), [], []

    def write():
        try:
            with connections["shard0"].cursor() as cursor:
                cursor.execute("SET lock_timeout = '300ms'")
            while not stop.is_set():
                with shards.atomic_for(owner):
                    written.append(outbox.record(PostsImported(author_id=owner, post_ids=[1])))
        except Exception as error:
            problems.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=write)
    thread.start()
    while len(written) < 20 and thread.is_alive():
        pass
    gone, _ = fragments.drop("shard0", start + WEEK * 2)
    fragments.ensure("shard0", datetime.now(UTC) + WEEK * 40)
    count = len(written)
    while len(written) < count + 20 and thread.is_alive():
        pass
    stop.set()
    thread.join()

    assert problems == []
    assert len(gone) == 6


def test_a_drop_that_was_killed_is_finished_by_the_next(owner):
    _, start = add_old_weeks(owner)
    name = fragments.name_of("events_event", start)
    with connections["shard0"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE events_event DETACH PARTITION {name}")

    gone, _ = fragments.drop("shard0", start)

    assert name in gone
    assert fragments._detached("shard0") == []


def test_the_command_ensures_lists_and_drops(capsys):
    call_command("fragments", "ensure")
    call_command("fragments", "list")
    call_command("fragments", "drop", "--older-than", "500w")

    said = capsys.readouterr().out
    assert "events_event" in said
    assert "shard1: dropped" in said


@pytest.mark.parametrize("age", ["", "x", "0w", "5", "5y", "-1w"])
def test_nonsense_ages_are_refused(age):
    with pytest.raises(CommandError, match="like 12w or 90d"):
        call_command("fragments", "drop", f"--older-than={age}")


def test_a_bucket_is_no_part_of_a_border():
    monday = datetime(2026, 11, 23, tzinfo=UTC)

    assert first_at(monday) % (BUCKETS * 4096) == 0
    assert fragments.name_of("events_event", monday) == "events_event_2026w48"
    assert (
        fragments.name_of("e", datetime(2027, 1, 4, tzinfo=UTC) - timedelta(weeks=1)) == "e_2026w53"
    )
