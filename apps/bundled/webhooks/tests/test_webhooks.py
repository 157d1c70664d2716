"""Webhooks to a real receiver on this machine."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.bundled.webhooks import services, tasks, wanted
from apps.bundled.webhooks.models import Delivery, Webhook
from apps.events import replays, retries
from apps.events.models import DeadLetter, Event
from apps.events.models import Delivery as EventDelivery
from apps.follows import services as follows
from apps.outgoing import client
from apps.outgoing.client import Limits
from apps.outgoing.tests import servers
from apps.outgoing.tests.servers import answer, endless
from apps.plugins import switches
from apps.plugins.models import Fault
from apps.posts import services as posts
from apps.posts.events import PostPublished
from apps.sharding import ids
from apps.sharding.conf import conf

# With real commits: inside a test's transaction what a failing call wrote would be taken back.
pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

DOWN = answer(status="500 Internal Server Error")


@pytest.fixture
def receiver(monkeypatch):
    with servers.running() as receiver:
        monkeypatch.setattr(client, "RULES", servers.rules(receiver.port))
        monkeypatch.setattr(services, "LIMITS", Limits(seconds=0.3, most=1024))
        monkeypatch.setattr(wanted, "KEPT_SECONDS", 0.0)
        receiver.acts["/"] = answer(b"ok")
        yield receiver


@pytest.fixture
def hook(receiver):
    return make_hook(receiver)


@pytest.fixture
def ada(make_account):
    return make_account("ada")


@pytest.fixture
def write(ada, deliver):
    def publish(text="hello"):
        post = posts.publish(author_id=ada.pk, text=text)
        deliver()
        return post

    return publish


def make_hook(receiver, path="/", topics=(PostPublished.topic,), **options):
    url = f"http://receiver.example:{receiver.port}{path}"
    values = {"url": url, "topics": list(topics), "secret": "a secret of some length"}
    return Webhook.objects.create(**values, **options)


def deliveries():
    return sorted(Delivery.objects.scatter(), key=lambda row: row.pk)


def states():
    return [row.state for row in deliveries()]


def a_while_passes():
    """What is to be tried again is due."""
    Webhook.objects.update(rests_until=None)
    for shard in conf().shards:
        EventDelivery.objects.using(shard).update(next_at=timezone.now())
        Event.objects.using(shard).filter(finished_at=None).update(handed_at=None)


def bodies(receiver):
    return [json.loads(asked.body) for asked in receiver.asked]


def test_an_event_is_told_signed_and_once(hook, receiver, write, deliver):
    post = write()
    a_while_passes()
    deliver()

    (asked,) = receiver.asked
    (row,) = deliveries()
    told = json.loads(asked.body)
    assert asked.method == "POST"
    assert told["topic"] == asked.headers["rookery-topic"] == "posts.post-published.v1"
    assert told["delivery"] == asked.headers["rookery-delivery"] == str(row.pk)
    assert told["data"]["post_id"] == str(post.pk)
    assert told["at"] == ids.time_of(row.event_id).isoformat()
    signed = f"{asked.headers['rookery-timestamp']}.".encode() + asked.body
    expected = hmac.new(hook.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert asked.headers["rookery-signature"] == f"sha256={expected}"
    assert asked.headers["content-type"] == "application/json"
    assert (row.state, row.attempts, row.status) == ("done", 1, 200)


def test_each_webhook_hears_its_own_topics_alone(receiver, write, ada, make_account, deliver):
    make_hook(receiver, "/follows", ["follows.account-followed.v1"])
    make_hook(receiver, "/posts")
    make_hook(receiver, "/off", is_on=False)
    write()
    follows.follow(follower_id=make_account().pk, followed_id=ada.pk)
    deliver()

    told = [(asked.path, asked.headers["rookery-topic"]) for asked in receiver.asked]
    assert ("/posts", "posts.post-published.v1") in told
    assert {path for path, _ in told} == {"/posts", "/follows"}
    assert all(path == "/posts" or topic.startswith("follows.") for path, topic in told)


def test_what_nobody_wants_costs_no_delivery(receiver, write):
    write()

    assert deliveries() == []
    name = "apps.bundled.webhooks.receivers"
    rows = [
        row
        for shard in conf().shards
        for row in EventDelivery.objects.using(shard).filter(subscriber__startswith=name)
    ]
    assert rows == []


def test_an_event_that_is_handed_on_twice_is_told_once(hook, receiver, write, deliver):
    write()
    for shard in conf().shards:
        EventDelivery.objects.using(shard).update(state="waiting", next_at=timezone.now())
        Event.objects.using(shard).update(finished_at=None, handed_at=None)
    deliver()

    assert len(receiver.asked) == 1
    assert states() == ["done"]


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (DOWN, "answered 500"),
        (endless(b"", b"", 0.05), "timed out"),
        (endless(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", 0.05), "timed out"),
        (lambda sock, asked: None, "does not answer"),
        (answer(status="302 Found", Location="http://10.0.0.1/"), "sends on"),
    ],
)
def test_a_receiver_that_fails_or_hangs_and_comes_back_gets_it_with_the_same_id(
    hook, receiver, write, deliver, act, error
):
    receiver.acts["/"] = act
    write()
    (row,) = deliveries()
    hook.refresh_from_db()
    assert (row.state, row.attempts) == ("failed", 1)
    assert error in row.error
    assert hook.failures == 1
    assert hook.failing_since is not None

    receiver.acts["/"] = answer(status="204 No Content")
    a_while_passes()
    deliver()

    hook.refresh_from_db()
    assert states() == ["done"]
    assert (hook.failures, hook.failing_since, hook.rests_until) == (0, None, None)
    first, second = receiver.asked
    assert first.headers["rookery-delivery"] == second.headers["rookery-delivery"]
    assert first.body == second.body


def test_a_failing_receiver_is_no_fault_of_the_plugin(hook, receiver, write, deliver):
    receiver.acts["/"] = DOWN
    for _ in range(4):
        write()
        a_while_passes()

    assert switches.is_on("webhooks")
    assert not Fault.objects.exists()


def test_a_receiver_that_fails_is_asked_by_one_delivery_at_a_time(hook, receiver, ada, deliver):
    receiver.acts["/"] = endless(b"", b"", 0.05)
    for number in range(5):
        posts.publish(author_id=ada.pk, text=str(number))
    deliver()

    assert len(receiver.asked) == 1
    assert {row.attempts for row in deliveries()} == {0, 1}

    receiver.acts["/"] = answer(b"ok")
    a_while_passes()
    deliver()
    assert states() == ["done"] * 5


def test_one_that_fails_holds_up_no_other(receiver, write):
    make_hook(receiver, "/down")
    make_hook(receiver, "/")
    receiver.acts["/down"] = DOWN
    write()

    assert sorted(states()) == ["done", "failed"]


def test_what_fails_for_good_is_a_dead_letter_that_can_be_replayed(hook, receiver, write, deliver):
    receiver.acts["/"] = DOWN
    write()
    for _ in range(retries.MOST_ATTEMPTS):
        a_while_passes()
        deliver()

    letters = list(DeadLetter.objects.scatter())
    assert [letter.topic for letter in letters] == ["webhooks.delivery-due.v1"]
    assert "answered 500" in letters[0].error
    assert len(receiver.asked) == retries.MOST_ATTEMPTS

    receiver.acts["/"] = answer(b"ok")
    Webhook.objects.update(rests_until=None)
    replays.replay_letters(letters)
    deliver()
    assert states() == ["done"]
    assert len({body["delivery"] for body in bodies(receiver)}) == 1


def test_after_a_day_of_failures_it_is_switched_off_with_a_note(hook, receiver, write, deliver):
    receiver.acts["/"] = DOWN
    begun = timezone.now() - timedelta(days=1, minutes=1)
    Webhook.objects.update(failing_since=begun, failures=9)
    write()

    hook.refresh_from_db()
    assert not hook.is_on
    assert f"failed since {begun:%Y-%m-%d %H:%M} UTC" in hook.note
    assert "answered 500" in hook.note

    a_while_passes()
    deliver()
    write("unheard")
    assert len(receiver.asked) == 1
    assert states() == ["skipped"]


def test_an_address_within_is_not_asked(receiver, monkeypatch, write):
    names = {"receiver.example": ["10.0.0.1"]}
    monkeypatch.setattr(client, "RULES", servers.rules(receiver.port, names=names))
    make_hook(receiver)
    write()

    assert receiver.asked == []
    assert "public internet" in deliveries()[0].error


def test_with_the_directory_away_what_is_wanted_is_what_was_known(hook, monkeypatch):
    monkeypatch.setattr(wanted, "_known", frozenset({"a"}))

    def away(**_):
        raise OperationalError

    monkeypatch.setattr(Webhook.objects, "filter", away)
    assert wanted.wants("a")
    assert not wanted.wants("b")
    monkeypatch.setattr(wanted, "_known", None)
    assert wanted.wants("b")


def test_deliveries_of_long_ago_are_forgotten(hook, write, monkeypatch):
    write()
    tasks.trim()
    assert len(deliveries()) == 1

    services.trim(timezone.now() + services.KEPT + timedelta(minutes=1))
    assert deliveries() == []


@pytest.fixture
def admin(client, make_account):
    client.force_login(make_account("root", is_staff=True, is_superuser=True))
    return client


ADDRESS = "https://receiver.example/hook"


def test_staff_declare_a_webhook_and_see_what_it_was_told(admin, receiver, write):
    page = admin.get("/admin/webhooks/webhook/add/").text
    assert "posts.post-published.v1" in page
    assert "webhooks.delivery-due.v1" not in page
    secret = page.split('name="secret" value="')[1].split('"')[0]
    form = {"url": ADDRESS, "topics": [PostPublished.topic], "secret": secret, "is_on": "on"}

    assert admin.post("/admin/webhooks/webhook/add/", form).status_code == 302
    assert len(secret) >= 32
    write()

    hook = Webhook.objects.get()
    listed = admin.get("/admin/webhooks/delivery/", {"webhook_id": hook.pk, "state": "failed"}).text
    assert "posts.post-published.v1" in listed
    # By the rules of this test only the receiver's port is asked.
    assert "Port 443 is not asked" in listed
    none = admin.get("/admin/webhooks/delivery/", {"webhook_id": hook.pk + 1}).text
    assert "Port 443 is not asked" not in none


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://receiver.example:8080/", "Use 80 or 443"),
        ("https://user:word@receiver.example/", "name or password"),
        ("ftp://receiver.example/", "http or https"),
    ],
)
def test_an_address_that_is_never_asked_is_refused(admin, url, why):
    form = {"url": url, "topics": [PostPublished.topic], "secret": "x" * 16, "is_on": "on"}

    assert why in admin.post("/admin/webhooks/webhook/add/", form).text
    assert not Webhook.objects.exists()


def test_switching_on_again_begins_anew_and_saving_does_not_undo_what_workers_count(admin, hook):
    path = f"/admin/webhooks/webhook/{hook.pk}/change/"
    form = {"url": ADDRESS, "topics": hook.topics, "secret": hook.secret}
    Webhook.objects.update(
        failures=12, failing_since=timezone.now(), note="Switched off", is_on=True
    )
    admin.post(path, form)
    hook.refresh_from_db()
    assert (hook.is_on, hook.failures, hook.url) == (False, 12, ADDRESS)

    admin.post(path, {**form, "is_on": "on"})
    hook.refresh_from_db()
    assert (hook.is_on, hook.failures, hook.failing_since, hook.note) == (True, 0, None, "")


def test_off_nobody_is_told_on_again_they_are_once(admin, hook, receiver, write, deliver):
    switches.switch("webhooks", "off")
    write("unheard")

    assert admin.get("/admin/webhooks/webhook/").status_code == 404
    assert (receiver.asked, deliveries()) == ([], [])

    switches.switch("webhooks", "on")
    heard = write("heard")
    assert admin.get("/admin/webhooks/webhook/").status_code == 200
    assert [body["data"]["post_id"] for body in bodies(receiver)] == [str(heard.pk)]


def test_what_waits_when_it_is_switched_off_is_not_told_later(hook, receiver, write, deliver):
    receiver.acts["/"] = DOWN
    write()
    switches.switch("webhooks", "off")
    a_while_passes()
    deliver()
    switches.switch("webhooks", "on")
    a_while_passes()
    deliver()

    assert len(receiver.asked) == 1
