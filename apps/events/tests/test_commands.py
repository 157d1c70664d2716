from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.events import registry, retries
from apps.events.models import DeadLetter, Delivery, Event
from apps.follows import services as follows
from apps.posts import services as posts
from apps.timelines.models import Entry

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def dead(make_account, deliver, monkeypatch):
    """A post whose tags could not be listed, until `mend()` is called."""
    name = "apps.bundled.hashtags.receivers.index"
    known = registry.subscriber_named(name)

    def broken(event, event_id):
        raise ValueError("no tags today")

    broken_one = registry.Subscriber(name, known.topic, registry.one_by_one(broken))
    monkeypatch.setitem(registry._subscribers, name, broken_one)
    posts.publish(author_id=make_account().pk, text="#rooks")
    for _ in range(retries.MOST_ATTEMPTS):
        for shard in ("shard0", "shard1"):
            Delivery.objects.using(shard).update(next_at=timezone.now())
            Event.objects.using(shard).update(handed_at=None)
        deliver()
    return lambda: monkeypatch.setitem(registry._subscribers, name, known)


def test_topics_lists_fields_and_subscribers(capsys):
    call_command("topics")

    said = capsys.readouterr().out
    for topic in registry.topics():
        assert topic.rpartition(".v")[0] in said
    assert "post_id: int" in said


def test_stats_says_what_waits_and_how_old_it_is(make_account, capsys):
    posts.publish(author_id=make_account(shard="shard1").pk, text="x")

    call_command("events", "stats")

    said = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line.split() for line in said if line.strip()}
    assert rows["shard0"][1] == "0"
    assert rows["shard1"][1] == "1"


def test_tail_shows_events_of_every_shard_in_order(make_account, capsys):
    for number in range(4):
        posts.publish(author_id=make_account(shard=f"shard{number % 2}").pk, text="x")

    call_command("events", "tail", "--lines", "3")

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines == sorted(lines)
    assert all("posts.post-published.v1" in line for line in lines)


def test_a_dead_letter_is_listed_and_replayed(dead, deliver, capsys):
    call_command("events", "dead")
    letter = next(iter(DeadLetter.objects.scatter()))
    said = capsys.readouterr().out
    assert str(letter.pk) in said
    assert "no tags today" in said
    dead()

    call_command("events", "replay", "--letter", str(letter.pk))
    deliver()

    call_command("events", "dead")
    assert "no dead letters" in capsys.readouterr().out


def test_admin_shows_dead_letters_and_replays_them(dead, deliver, client, make_account):
    client.force_login(make_account(is_staff=True, is_superuser=True))
    letter = next(iter(DeadLetter.objects.scatter()))
    assert "no tags today" in client.get("/admin/events/deadletter/").text
    detail = client.get(f"/admin/events/deadletter/{letter.pk}/change/")
    assert "Traceback" in detail.text
    assert client.get("/admin/events/event/?topic=posts.post-published.v1").status_code == 200
    dead()

    form = {"action": "replay", "_selected_action": [letter.pk]}
    client.post("/admin/events/deadletter/", form)
    deliver()

    assert DeadLetter.objects.scatter().count() == 0


def test_the_log_is_replayed_to_a_subscriber(make_account, deliver):
    me, author = make_account(shard="shard0"), make_account(shard="shard1")
    follows.follow(follower_id=me.pk, followed_id=author.pk)
    posts.publish(author_id=author.pk, text="x")
    deliver()
    Entry.objects.using("shard0").all().delete()
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()

    name = "apps.timelines.receivers.fan_out"
    call_command("events", "replay", "--subscriber", name, "--since", since)
    deliver()

    assert Entry.objects.filter(account_id=me.pk).count() == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["replay"], "Say what"),
        (["replay", "--letter", "7"], "no such letter"),
        (["replay", "--subscriber", "x", "--since", "2026-01-01"], "No such subscriber"),
        (["replay", "--subscriber", "x"], "--since is a time"),
        (["tail", "--lines", "0"], "--lines is a number"),
    ],
)
def test_wrong_input_is_answered_clearly(arguments, problem):
    with pytest.raises(CommandError, match=problem):
        call_command("events", *arguments)
