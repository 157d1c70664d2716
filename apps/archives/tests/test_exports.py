import csv
import io
import json
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils import timezone

from apps.accounts import selectors as accounts
from apps.archives import exports, tasks, writer
from apps.archives.errors import ExportUnderWay
from apps.archives.models import KEPT, Export
from apps.follows import services as follows
from apps.posts import audiences, imports
from apps.posts import services as posts
from apps.posts.exports import CHUNK
from apps.posts.imports import Draft
from apps.posts.kinds import Audience
from apps.posts.models import Post, Reply

pytestmark = pytest.mark.django_db(databases="__all__")
START = datetime(2020, 1, 1, tzinfo=UTC)
TEXTS = ["plain", "a <b> & c\n\n\nwide   gap\n line", "#rooks 🐦 https://example.org/?a=1&b=2"]


@pytest.fixture(autouse=True)
def _own_directory(settings, tmp_path):
    options = {**settings.STORAGES["archives"]["OPTIONS"], "location": tmp_path / "archives"}
    changed = {**settings.STORAGES["archives"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "archives": changed}


@pytest.fixture
def ada(make_account):
    """An account with posts, a reply, a repost, a like and follows both ways."""
    ada = make_account("ada", shard="shard0")
    wren = make_account("wren", shard="shard1")
    for text in TEXTS:
        posts.publish(author_id=ada.pk, text=text)
    hers = posts.publish(author_id=wren.pk, text="somebody else's")
    posts.publish(author_id=ada.pk, text="a reply", in_reply_to_id=hers.pk)
    posts.repost(author_id=ada.pk, post_id=hers.pk)
    posts.like(account_id=ada.pk, post_id=hers.pk)
    posts.bookmark(account_id=ada.pk, post_id=hers.pk)
    follows.follow(follower_id=ada.pk, followed_id=wren.pk)
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    ada.hers = hers
    return ada


def archive_of(account):
    export = exports.ask(account_id=account.pk)
    tasks.make(export.pk)
    _, file = exports.opened(account.pk)
    with file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def rows_of(archive, name):
    return list(csv.reader(io.StringIO(archive.read(name).decode())))


def test_an_archive_holds_what_an_account_did(ada):
    archive = archive_of(ada)

    outbox = json.loads(archive.read("outbox.json"))
    kinds = [item["type"] for item in outbox["orderedItems"]]
    assert (outbox["totalItems"], kinds) == (5, ["Create"] * 4 + ["Announce"])
    found = [item["object"] for item in outbox["orderedItems"]]
    assert [note["source"]["content"] for note in found[:3]] == TEXTS
    assert found[3]["inReplyTo"] == found[4] == f"http://127.0.0.1:8000/posts/{ada.hers.pk}"
    for name in ("likes.json", "bookmarks.json"):
        assert json.loads(archive.read(name))["orderedItems"] == [found[4]]
    assert json.loads(archive.read("actor.json"))["preferredUsername"] == "ada"
    assert rows_of(archive, "following_accounts.csv")[1][0] == "wren@127.0.0.1:8000"
    assert rows_of(archive, "followers.csv")[1] == ["wren@127.0.0.1:8000"]


def test_whom_one_mutes_and_blocks_is_in_it(ada, make_account):
    from apps.bundled.moderation import relations

    relations.mute(owner_id=ada.pk, other_id=make_account("loud").pk)
    relations.block(owner_id=ada.pk, other_id=make_account("rude").pk)

    archive = archive_of(ada)

    assert rows_of(archive, "muted_accounts.csv")[1:] == [["loud@127.0.0.1:8000", "true"]]
    assert rows_of(archive, "blocked_accounts.csv") == [["rude@127.0.0.1:8000"]]


def test_an_archive_is_read_back_into_a_fresh_account_and_adds_nothing_twice(
    ada, make_account, tmp_path
):
    path = tmp_path / "ada.zip"
    fresh = make_account("fresh", shard="shard1")
    call_command("export_account", "ada", str(path))

    for _ in range(2):
        call_command("import_archive", str(path), "--as", "fresh")

    def said(account):
        rows = Post.objects.filter(author_id=account.pk, repost_of_id=None).order_by("id")
        return [(row.text, row.created_at) for row in rows]

    assert said(fresh) == said(ada)
    assert len(said(fresh)) == 4


def test_what_is_for_some_and_what_answers_it_are_so_again(ada, make_account, tmp_path):
    path = tmp_path / "ada.zip"
    make_account("fresh", shard="shard1")
    parent = None
    for audience in (Audience.FOLLOWERS, Audience.NAMED, Audience.PUBLIC):
        parent = posts.publish(
            author_id=ada.pk,
            text=f"{audience} @wren",
            audience=audience,
            warning="loud" if audience else "",
            in_reply_to_id=parent and parent.pk,
        )
    call_command("export_account", "ada", str(path))
    call_command("import_archive", str(path), "--as", "fresh")

    rows = Post.objects.filter(author_id=accounts.account_named("fresh").pk).order_by("id")
    *_, one, two, three = rows

    assert [row.warning for row in (one, two, three)] == ["loud", "loud", ""]
    assert [row.audience for row in (one, two, three)] == [1, 2, 0]
    assert [row.in_reply_to_id for row in (one, two, three)] == [None, one.pk, two.pk]
    assert {two.root_id, three.root_id} == {one.pk}
    assert set(Reply.objects.filter(root_id=one.pk).values_list("parent_id", "reply_id")) == {
        (one.pk, two.pk),
        (two.pk, three.pk),
    }
    # A name in a text is perhaps another person's here: nobody but the author sees it.
    assert audiences.named_in([row.pk for row in rows]) == {}
    with zipfile.ZipFile(path) as archive:
        notes = [item["object"] for item in json.loads(archive.read("outbox.json"))["orderedItems"]]
    wren = "http://127.0.0.1:8000/@wren"
    assert [note["to"] for note in notes[-3:-1]] == [
        ["http://127.0.0.1:8000/@ada/followers"],
        [wren],
    ]
    assert notes[-3]["cc"] == [wren]


def test_a_reply_in_a_later_batch_answers_what_came_before(ada):
    drafts = [
        Draft(f"key {n}", f"text {n}", START + timedelta(hours=n), answers=f"key {n - 1}")
        for n in range(3)
    ]

    for draft in (*drafts, *drafts):
        imports.import_posts(author_id=ada.pk, drafts=[draft])

    one, two, three = Post.objects.filter(text__startswith="text", author_id=ada.pk).order_by("id")
    assert (one.in_reply_to_id, two.in_reply_to_id, three.in_reply_to_id) == (None, one.pk, two.pk)
    assert three.root_id == one.pk


def test_thousands_of_posts_are_written_in_bounded_memory(make_account, tmp_path):
    many = make_account("many")
    begin, count = datetime(2020, 1, 1, tzinfo=UTC), 6 * CHUNK
    text = "x" * 2000
    drafts = (Draft(f"{n}", text, begin + timedelta(seconds=n)) for n in range(count))
    imports.import_posts(author_id=many.pk, drafts=drafts)
    done = []
    card = accounts.profile_named("many")

    tracemalloc.start()
    with (tmp_path / "many.zip").open("wb") as file:
        writer.write(card, file, done.append)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert max(done) == CHUNK
    assert sum(done) == count
    # All texts are 12 MB, twice over in the JSON; two chunks of rows are 4 MB.
    assert peak < 10_000_000


def test_progress_is_shown_and_the_archive_is_given_to_its_owner_alone(ada, client, make_account):
    client.force_login(ada)
    client.post("/accounts/data/archive")
    export = Export.objects.get(account_id=ada.pk)
    Export.objects.update(state="waiting", done=3, total=7)
    waiting = client.get("/accounts/data/")
    assert "3 of 7" in waiting.text
    assert waiting.headers["Refresh"] == "3"
    Export.objects.update(moved_at=None)
    tasks.make(export.pk)

    mine = client.get("/accounts/data/archive.zip")
    assert b"".join(mine.streaming_content)[:2] == b"PK"
    client.force_login(make_account("nosy"))
    assert client.get("/accounts/data/archive.zip").status_code == 404


def test_one_archive_is_made_at_a_time(ada):
    exports.ask(account_id=ada.pk)

    with pytest.raises(ExportUnderWay):
        exports.ask(account_id=ada.pk)


def test_an_archive_whose_worker_died_is_gone_on_with(ada):
    export = exports.ask(account_id=ada.pk)
    silent = timezone.now() - 2 * exports.SILENT
    Export.objects.update(asked_at=silent, moved_at=silent)

    assert exports.tend() == [export.pk]
    tasks.make(export.pk)

    assert exports.of(ada.pk).state == "ready"
    assert exports.tend() == []


def test_an_archive_is_gone_after_a_week(ada):
    archive_of(ada)
    name = exports.of(ada.pk).file
    assert storages["archives"].exists(name)
    Export.objects.update(asked_at=timezone.now() - KEPT - timedelta(minutes=1))

    exports.tend()

    assert not storages["archives"].exists(name)
    assert exports.of(ada.pk) is None
