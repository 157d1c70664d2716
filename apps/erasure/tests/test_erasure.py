import io

import pytest
from django.apps import apps
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.db import connections, models
from django.utils import timezone
from PIL import Image

from apps.accounts.errors import NameTaken, NoSuchAccount
from apps.accounts.models import Account, Profile, Tombstone
from apps.archives import exports
from apps.bundled.moderation import actions, relations, reports
from apps.bundled.moderation.kinds import Deed, Reason
from apps.bundled.moderation.models import Action
from apps.bundled.webhooks.models import Delivery
from apps.erasure import services, steps, tasks
from apps.erasure.errors import NoSuchReceipt
from apps.erasure.models import Deletion, Step
from apps.erasure.tests.sweep import found_in, kept
from apps.events.models import Event
from apps.follows import selectors as follow_selectors
from apps.follows import services as follows
from apps.pictures import files
from apps.pictures import services as pictures
from apps.plugins.models import Fault
from apps.posts import drafts, imports
from apps.posts import selectors as post_selectors
from apps.posts import services as posts
from apps.sharding import shards
from apps.sharding.conf import conf

pytestmark = pytest.mark.django_db(databases="__all__")
SECRET = "xyzzyplugh"


@pytest.fixture
def stored(monkeypatch):
    """The files of pictures, in memory."""
    storage = InMemoryStorage(base_url="/media/")
    monkeypatch.setattr(files, "storage", lambda: storage)
    return storage


def names_in(storage, folder=""):
    folders, names = storage.listdir(folder)
    return names + [name for one in folders for name in names_in(storage, f"{folder}{one}/")]


def drawing():
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(buffer, "PNG")
    buffer.seek(0)
    return buffer


@pytest.fixture
def lived(make_account, deliver, client, stored):
    """An account that has done all that one can do, with others around it."""
    ada = make_account("adalovelace", shard="shard0")
    wren, finch = make_account("wren", shard="shard1"), make_account("finch", shard="shard0")
    client.force_login(ada)
    client.get("/accounts/sessions")
    shown, unposted, begun = (
        pictures.store(author_id=ada.pk, upload=drawing(), alt=SECRET).pk for _ in range(3)
    )
    content = drafts.Content(f"begun {SECRET}", warning=SECRET, picture_ids=(begun,))
    drafts.keep(author_id=ada.pk, content=content)
    first = posts.publish(
        author_id=ada.pk, text=f"{SECRET} #rooks https://example.org/", picture_ids=[shown]
    )
    hers = posts.publish(author_id=wren.pk, text="a post of wren @adalovelace")
    posts.publish(author_id=ada.pk, text=f"re {SECRET}", in_reply_to_id=hers.pk)
    posts.publish(author_id=wren.pk, text="an answer", in_reply_to_id=first.pk)
    posts.repost(author_id=ada.pk, post_id=hers.pk)
    posts.repost(author_id=finch.pk, post_id=first.pk)
    posts.like(account_id=ada.pk, post_id=hers.pk)
    posts.like(account_id=wren.pk, post_id=first.pk)
    for one, two in ((ada, wren), (wren, ada), (finch, ada)):
        follows.follow(follower_id=one.pk, followed_id=two.pk)
    relations.mute(owner_id=ada.pk, other_id=finch.pk)
    relations.mute(owner_id=finch.pk, other_id=ada.pk)
    when = timezone.now()
    old = [imports.Draft("1", f"old {SECRET}", when)]
    imports.import_posts(author_id=ada.pk, drafts=old)
    reports.file(
        reporter_id=wren.pk,
        account_id=ada.pk,
        post_id=first.pk,
        reason=Reason.SPAM,
        comment=SECRET,
    )
    actions.record(account_id=finch.pk, by_id=ada.pk, deed=Deed.WARNED, reason="x")
    name = stored.save("ada.webp", ContentFile(b"picture"))
    with shards.atomic_for(ada.pk):
        Profile.objects.filter(id=ada.pk).update(bio=SECRET, name=SECRET, picture=name)
        Delivery.objects.create(key=ada.pk, webhook_id=1, event_id=1, topic="x", data={})
    Fault.objects.create(plugin="x", hook="x", error="x", traceback=f"KeyError: {ada.pk}")
    deliver()
    ada.wren, ada.finch, ada.hers, ada.picture = wren, finch, hers, name
    assert len(names_in(stored)) == 7
    assert unposted != shown
    return ada


def erase(username, deliver):
    deletion = services.ask(username=username)
    for _ in range(3):
        deliver()
        if services.work(deletion.pk):
            break
    deletion.refresh_from_db()
    return deletion


def test_nothing_of_a_deleted_account_is_left_in_any_column_of_any_table(lived, deliver, stored):
    account_id, needles = lived.pk, [str(lived.pk), SECRET]
    before = {table for table, _ in found_in(needles)}

    deletion = erase("adalovelace", deliver)

    assert deletion.step == Step.DONE
    assert found_in(needles) - kept() == set()
    # The sweep has something to find in many tables.
    wanted = {
        "posts_post",
        "posts_draft",
        "pictures_picture",
        "follows_follow",
        "events_event",
        "timelines_entry",
        "search_document",
        "notifications_notification",
        "moderation_relation",
        "moderation_report",
        "accounts_profile",
        "usersessions_usersession",
        "account_emailaddress",
    }
    assert wanted <= before
    assert names_in(stored) == []
    sessions = [s.get_decoded().get("_auth_user_id") for s in Session.objects.all()]
    assert str(account_id) not in sessions


def test_every_table_of_a_server_is_one_that_is_looked_at():
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    ids = set()
    for alias in conf().primaries:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT table_name FROM information_schema.columns JOIN information_schema.tables"
                " USING (table_schema, table_name) WHERE table_schema = 'public'"
                " AND data_type = 'bigint' AND table_type = 'BASE TABLE'"
                " AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition)"
            )
            ids |= {name for (name,) in cursor.fetchall()}

    # A mover's marks, tags that are to be bumped within seconds, and Django's own.
    assert ids - known == {"moves_marker", "caching_debt", "django_migrations"}


def test_others_keep_what_is_theirs_and_their_counts_are_right(lived, deliver):
    erase("adalovelace", deliver)

    assert post_selectors.is_there(lived.hers.pk)
    counts = post_selectors.counts_of([lived.hers.pk])[lived.hers.pk]
    assert (counts["likes"], counts["reposts"], counts["replies"]) == (0, 0, 0)
    for other in (lived.wren, lived.finch):
        assert follow_selectors.counts(other.pk) == {"following": 0, "followers": 0}
    # What a moderator decided outlives him.
    assert Action.objects.filter(account_id=lived.finch.pk).get().by_id == 0


def test_the_order_of_the_event_log_stays(lived, deliver):
    def log():
        return [
            pk
            for shard in conf().shards
            for pk in Event.objects.using(shard).order_by("id").values_list("pk", flat=True)
        ]

    before = log()
    erase("adalovelace", deliver)

    assert [pk for pk in log() if pk in set(before)] == before
    blanked = Event.objects.using("shard0").filter(topic="events.blanked")
    assert blanked.count() > 5
    assert set(map(str, blanked.values_list("payload", flat=True))) == {"{}"}


def test_nobody_signs_in_and_nobody_takes_the_name(lived, deliver, client, make_account):
    deletion = services.ask(username="adalovelace")
    row = Account.objects.get(pk=lived.pk)
    assert not row.is_active
    assert not check_password("a good long password", row.password)
    assert client.get("/accounts/preferences").status_code == 302

    deliver()
    services.work(deletion.pk)
    deliver()
    services.work(deletion.pk)

    assert Tombstone.objects.get().name == "adalovelace"
    with pytest.raises(NameTaken):
        make_account("AdaLovelace")
    with pytest.raises(NoSuchAccount):
        services.ask(username="adalovelace")


@pytest.mark.parametrize("step", [step for step in Step if step != Step.DONE])
def test_a_worker_that_fails_in_any_step_is_gone_on_from_there(lived, deliver, monkeypatch, step):
    """Failing after its work and before that is written down: all of it is done again."""
    needles = [str(lived.pk), SECRET]
    deletion = services.ask(username="adalovelace")
    whole = steps.STEPS[step]

    def broken(account_id, told):
        whole(account_id, told)
        raise ConnectionError

    monkeypatch.setitem(steps.STEPS, step, broken)
    with pytest.raises(ConnectionError):
        for _ in range(4):
            services.work(deletion.pk)
            deliver()
    monkeypatch.setitem(steps.STEPS, step, whole)
    assert services.standing_still() == []
    Deletion.objects.update(held_until=timezone.now())

    for _ in range(3):
        assert services.standing_still() in ([deletion.pk], [])
        services.work(deletion.pk)
        deliver()

    deletion.refresh_from_db()
    assert deletion.step == Step.DONE
    assert found_in(needles) - kept() == set()


def test_two_workers_do_not_have_one_deletion_at_once(lived):
    deletion = services.ask(username="adalovelace")
    Deletion.objects.update(held_until=timezone.now() + services.HOLD)

    assert not services.work(deletion.pk)

    deletion.refresh_from_db()
    assert deletion.begun == {}


def test_a_worker_does_it_in_slices(lived, deliver, monkeypatch):
    handed = []
    monkeypatch.setattr(tasks, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(tasks, "hand_on", handed.append)
    deletion = services.ask(username="adalovelace")

    tasks.work(deletion.pk)
    assert handed == [deletion.pk]
    for _ in range(40):
        deliver()
        tasks.work(deletion.pk)

    deletion.refresh_from_db()
    assert deletion.step == Step.DONE
    assert len(handed) > 5


def test_the_archive_goes_too(lived, deliver, settings, tmp_path):
    options = {**settings.STORAGES["archives"]["OPTIONS"], "location": tmp_path}
    changed = {**settings.STORAGES["archives"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "archives": changed}
    exports.make(exports.ask(account_id=lived.pk).pk)
    assert list(tmp_path.rglob("*.zip"))

    erase("adalovelace", deliver)

    assert not list(tmp_path.rglob("*.zip"))


def test_the_receipt_is_shown_to_whoever_has_its_token(lived, deliver, client):
    deletion = erase("adalovelace", deliver)
    client.logout()

    page = client.get(f"/accounts/deleted/{deletion.token}")

    assert page.status_code == 200
    assert "posts_post" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert str(lived.pk) not in page.text
    assert len(deletion.token) >= 43
    with pytest.raises(NoSuchReceipt):
        services.receipt("x")


def test_password_and_name_are_asked_for(lived, client):
    client.force_login(lived)
    right = {"username": "adalovelace", "password": "a good long password"}
    for wrong in ({"username": "wren"}, {"password": "wrong"}, {"username": ""}):
        answer = client.post("/accounts/data/delete", {**right, **wrong})
        assert answer.status_code == 200
        assert not Deletion.objects.exists()

    answer = client.post("/accounts/data/delete", right)

    assert answer.url == f"/accounts/deleted/{Deletion.objects.get().token}"
    assert client.get("/accounts/data/").status_code == 302


def test_a_column_of_texts_is_of_a_kind_that_the_sweep_reads():
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            assert not isinstance(field, models.BinaryField), model
