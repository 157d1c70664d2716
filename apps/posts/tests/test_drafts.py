"""Drafts that an account keeps: on every device, until they are out or discarded."""

import io
import threading
from datetime import timedelta

import pytest
from django.core.files.storage import InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.utils import timezone
from PIL import Image

from apps.bundled.moderation.models import Case, Rule
from apps.pictures import files
from apps.pictures import services as pictures
from apps.pictures.errors import NoSuchPicture
from apps.pictures.models import Picture
from apps.posts import drafts, services
from apps.posts.drafts import Content
from apps.posts.errors import NoSuchDraft, TextRefused, TooManyDrafts
from apps.posts.kinds import Audience
from apps.posts.models import KeptDraft, Post, Sending

pytestmark = pytest.mark.django_db(databases="__all__")
KEY = "0123456789abcdef"


@pytest.fixture(autouse=True)
def stored(monkeypatch):
    storage = InMemoryStorage(base_url="/media/")
    monkeypatch.setattr(files, "storage", lambda: storage)
    return storage


@pytest.fixture
def ada(make_account, client):
    account = make_account("ada", shard="shard0")
    client.force_login(account)
    return account


def photo(size=(80, 60)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, "JPEG")
    buffer.seek(0)
    return buffer


def kept_by(account, **place):
    return [row.text for row in drafts.page(author_id=account.pk, **place).items]


def of(account):
    return KeptDraft.objects.filter(author_id=account.pk)


def test_the_button_keeps_all_of_a_draft_and_another_device_finds_it(client, ada, make_account):
    hers = services.publish(author_id=make_account("wren", shard="shard1").pk, text="hello")
    upload = SimpleUploadedFile("me.jpg", photo().getvalue(), "image/jpeg")
    form = {"text": "x" * 600, "audience": "1", "warning": "long", "in_reply_to": str(hers.pk)}
    assert "Save draft" in client.get("/").text

    answer = client.post("/drafts/keep", {**form, "file_1": upload, "new_alt_1": "a rook"})
    row, elsewhere = of(ada).get(), Client()
    elsewhere.force_login(ada)
    listed, page = elsewhere.get("/drafts").text, elsewhere.get(f"/drafts/{row.pk}")

    opened = page.context["compose_form"]
    assert answer.url == "/drafts"
    assert f"/drafts/{row.pk}" in listed
    assert "1 picture<" in listed
    assert {name: str(opened[name].value()) for name in form} == form
    assert opened["kept"].value() == row.pk
    assert 'name="alt_' in page.text
    assert ">a rook</textarea>" in page.text
    assert "hello" in page.text
    assert Post.objects.filter(author_id=ada.pk).count() == 0


def test_what_was_changed_last_comes_first_page_by_page(ada):
    rows = [drafts.keep(author_id=ada.pk, content=Content(str(n))) for n in range(45)]
    drafts.change(author_id=ada.pk, draft_id=rows[7].pk, content=Content("7 again"))

    found, before = [], None
    while True:
        page = drafts.page(author_id=ada.pk, before=before)
        found += [row.text for row in page.items]
        if page.next_cursor is None:
            break
        before = int(page.next_cursor)

    assert found == ["7 again", *(str(n) for n in range(44, -1, -1) if n != 7)]


def test_the_page_says_what_to_do_where_there_is_none_and_loads_more_where_there_are_many(
    client, ada
):
    assert "Nothing yet" in client.get("/drafts").text
    for number in range(21):
        drafts.keep(author_id=ada.pk, content=Content(f"draft {number}."))

    first = client.get("/drafts")

    assert "draft 20." in first.text
    assert "draft 0." not in first.text
    more = f"/drafts?before={first.context['page'].next_cursor}"
    assert "draft 0." in client.get(more).text
    assert client.get("/drafts?before=x").status_code == 404


def test_a_draft_that_is_opened_and_saved_is_changed(client, ada):
    row = drafts.keep(author_id=ada.pk, content=Content("first words"))

    client.post("/drafts/keep", {"text": "other words", "kept": str(row.pk)})

    assert kept_by(ada) == ["other words"]
    assert of(ada).get().changed_at >= row.changed_at


def test_what_is_published_from_a_draft_is_out_once_and_the_draft_gone(client, ada):
    row = drafts.keep(author_id=ada.pk, content=Content("words"))
    form = {"text": "better words", "kept": str(row.pk), "key": KEY}

    answers = [client.post("/posts/", form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert [post.text for post in Post.objects.filter(author_id=ada.pk)] == ["better words"]
    assert kept_by(ada) == []


def test_from_two_devices_a_draft_is_published_once_and_the_second_text_stays(client, ada):
    row = drafts.keep(author_id=ada.pk, content=Content("words"))
    client.post("/posts/", {"text": "words", "kept": str(row.pk), "key": KEY})

    for path in ("/posts/", "/drafts/keep"):
        second = client.post(path, {"text": "my words", "kept": str(row.pk), "key": "k" * 9})
        form = second.context["compose_form"]
        assert second.status_code == 409
        assert "send it once more" in second.text
        assert form["text"].value() == "my words"
        assert form["kept"].value() == ""

    sent = client.post("/posts/", {"text": "my words", "key": form["key"].value()})
    assert sent.status_code == 302
    assert Post.objects.filter(author_id=ada.pk).count() == 2


def test_a_post_that_is_refused_leaves_its_draft_and_one_that_fails_too(client, ada, monkeypatch):
    row = drafts.keep(author_id=ada.pk, content=Content("x" * 600))
    refused = client.post("/posts/", {"text": "x" * 600, "kept": str(row.pk)})
    assert refused.status_code == 422
    assert refused.context["compose_form"]["kept"].value() == str(row.pk)

    def broken(**_):
        raise ConnectionError

    monkeypatch.setattr(pictures, "attach", broken)
    with pytest.raises(ConnectionError):
        services.publish(author_id=ada.pk, text="short", kept_id=row.pk, key=KEY)

    assert of(ada).count() == 1
    assert not Post.objects.filter(author_id=ada.pk).exists()
    assert not Sending.objects.filter(author_id=ada.pk).exists()


def test_a_form_that_keeps_is_one_draft_however_often_it_is_sent(client, ada):
    for text in ("words", "words", "more words"):
        assert client.post("/drafts/keep", {"text": text, "key": KEY}).status_code == 302

    assert kept_by(ada) == ["more words"]


def test_nobody_else_finds_changes_publishes_or_discards_it(client, ada, make_account):
    row = drafts.keep(author_id=ada.pk, content=Content("secret words"))
    for name, shard in (("wren", "shard0"), ("crow", "shard1")):
        other = make_account(name, shard=shard)
        client.force_login(other)
        paths = (f"/drafts/{row.pk}", f"/drafts/{row.pk}/discard")
        assert [client.get(path).status_code for path in paths] == [404, 404]
        assert client.post(paths[1]).status_code == 404
        assert "secret words" not in client.get("/drafts").text
        with pytest.raises(NoSuchDraft):
            drafts.change(author_id=other.pk, draft_id=row.pk, content=Content("x"))
        with pytest.raises(NoSuchDraft):
            services.publish(author_id=other.pk, text="x", kept_id=row.pk)

    assert kept_by(ada) == ["secret words"]
    assert Post.objects.scatter().count() == 0


def test_one_more_than_a_hundred_is_refused_and_comes_back(client, ada, monkeypatch):
    monkeypatch.setattr(drafts, "MOST", 3)
    for number in range(3):
        drafts.keep(author_id=ada.pk, content=Content(str(number)))

    answer = client.post("/drafts/keep", {"text": "one more"})

    assert answer.status_code == 422
    assert "You keep 3 drafts" in answer.text
    assert answer.context["compose_form"]["text"].value() == "one more"
    assert kept_by(ada) == ["2", "1", "0"]
    last = of(ada).first()
    client.post("/drafts/keep", {"text": "changed", "kept": str(last.pk)})
    assert kept_by(ada)[0] == "changed"


@pytest.mark.parametrize("text", ["", " \n", "\x00"])
def test_nothing_is_not_kept(client, ada, text):
    assert client.post("/drafts/keep", {"text": text}).status_code == 422
    with pytest.raises(TextRefused):
        drafts.keep(author_id=ada.pk, content=Content(text))
    assert kept_by(ada) == []


def test_its_pictures_stay_as_long_as_it_does(ada, deliver, stored):
    old, left = (pictures.store(author_id=ada.pk, upload=photo()).pk for _ in range(2))
    row = drafts.keep(author_id=ada.pk, content=Content("words", picture_ids=(old, left)))
    names = [one.name for one in Picture.objects.filter(author_id=ada.pk)]
    later = timezone.now() + pictures.KEPT_UNPOSTED + timedelta(hours=1)

    assert pictures.sweep("shard0", now=later) == 0
    assert [stored.exists(name) for name in names] == [True, True]
    drafts.change(author_id=ada.pk, draft_id=row.pk, content=Content("words", picture_ids=(old,)))
    assert [one.pk for one in Picture.objects.filter(author_id=ada.pk)] == [old]
    drafts.discard(author_id=ada.pk, draft_id=row.pk)

    assert not Picture.objects.filter(author_id=ada.pk).exists()
    deliver()
    assert [stored.exists(name) for name in names] == [False, False]


def test_published_its_pictures_are_the_posts_and_what_is_left_out_goes(client, ada):
    shown, left = (pictures.store(author_id=ada.pk, upload=photo()).pk for _ in range(2))
    row = drafts.keep(author_id=ada.pk, content=Content("words", picture_ids=(shown, left)))
    form = {"text": "words", "kept": str(row.pk), "pictures": f"{shown},{left}"}

    client.post("/posts/", {**form, f"drop_{left}": "on"})

    post = Post.objects.get(author_id=ada.pk)
    rows = Picture.objects.filter(author_id=ada.pk)
    assert list(rows.values_list("pk", "post_id")) == [(shown, post.pk)]


def test_a_picture_that_is_gone_or_anothers_is_not_kept(ada, make_account):
    wren = make_account("wren", shard="shard0")
    hers = pictures.store(author_id=wren.pk, upload=photo()).pk

    with pytest.raises(NoSuchPicture):
        drafts.keep(author_id=ada.pk, content=Content("words", picture_ids=(hers,)))

    assert kept_by(ada) == []
    assert not Picture.objects.get(id=hers).held


@pytest.mark.parametrize("how", ["deleted", "no longer seen"])
def test_where_what_it_answers_is_gone_it_says_so_and_keeps_the_text(
    client, ada, make_account, how
):
    wren = make_account("wren", shard="shard1")
    audience = Audience.PUBLIC if how == "deleted" else Audience.FOLLOWERS
    parent = services.publish(author_id=wren.pk, text="hello", audience=audience)
    content = Content("words", Audience.FOLLOWERS, in_reply_to_id=parent.pk)
    row = drafts.keep(author_id=ada.pk, content=content)
    if how == "deleted":
        services.delete(post_id=parent.pk)

    page = client.get(f"/drafts/{row.pk}")

    form = page.context["compose_form"]
    assert page.status_code == 200
    assert "not to be seen (any more)" in page.text
    assert "hello" not in page.text
    assert [form[name].value() for name in ("text", "in_reply_to", "audience")] == ["words", "", 1]


def test_an_answer_to_what_has_just_gone_comes_back_with_its_text(client, ada):
    parent = services.publish(author_id=ada.pk, text="hello")
    row = drafts.keep(author_id=ada.pk, content=Content("words", in_reply_to_id=parent.pk))
    services.delete(post_id=parent.pk)
    form = {"text": "words", "in_reply_to": str(parent.pk), "kept": str(row.pk), "key": KEY}

    answer = client.post("/posts/", form)

    back = answer.context["compose_form"]
    fields = {name: back[name].value() for name in ("text", "in_reply_to", "kept")}
    assert answer.status_code == 404
    assert fields == {"text": "words", "in_reply_to": "", "kept": str(row.pk)}
    client.post("/posts/", {**fields, "key": back["key"].value()})
    assert Post.objects.get(author_id=ada.pk).in_reply_to_id is None
    assert kept_by(ada) == []


def test_discarding_is_asked_about_first(client, ada):
    row = drafts.keep(author_id=ada.pk, content=Content("words"))

    asked = client.get(f"/drafts/{row.pk}/discard")
    assert "Discard this draft?" in asked.text
    assert kept_by(ada) == ["words"]
    done = client.post(f"/drafts/{row.pk}/discard")

    assert done.url == "/drafts"
    assert kept_by(ada) == []
    assert client.get(f"/drafts/{row.pk}").status_code == 404


def test_what_moderators_look_at_first_is_no_draft_any_more(client, ada):
    Rule.objects.create(pattern="rooks", reason="x")
    picture = pictures.store(author_id=ada.pk, upload=photo()).pk
    row = drafts.keep(author_id=ada.pk, content=Content("rooks", picture_ids=(picture,)))
    form = {"text": "rooks", "kept": str(row.pk), "pictures": str(picture), "key": KEY}

    for _ in range(2):
        assert client.post("/posts/", form).status_code == 302

    assert kept_by(ada) == []
    assert [case.picture_ids for case in Case.objects.filter(account_id=ada.pk)] == [[picture]]
    assert Picture.objects.get(id=picture).held


@pytest.mark.cluster
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_many_at_once_keep_no_more_than_there_may_be_and_publish_one_once(
    make_account, monkeypatch
):
    ada = make_account(shard="shard0")
    monkeypatch.setattr(drafts, "MOST", 3)
    row, *_ = [drafts.keep(author_id=ada.pk, content=Content(str(n))) for n in range(2)]

    kept = at_once(8, lambda n: drafts.keep(author_id=ada.pk, content=Content(f"more {n}")))
    made = at_once(
        8,
        lambda n: services.publish(author_id=ada.pk, text="x", kept_id=row.pk, key=f"{KEY}{n % 2}"),
    )

    assert [type(one) for one in kept if isinstance(one, Exception)] == [TooManyDrafts] * 7
    posts = {one.pk for one in made if isinstance(one, Post)}
    assert {type(one) for one in made} == {Post, NoSuchDraft}
    assert len(posts) == Post.objects.filter(author_id=ada.pk).count() == 1
    assert sum(isinstance(one, Post) for one in made) == 4
    assert of(ada).count() == 2


def at_once(number, verb):
    start, answers = threading.Barrier(number), []

    def run(one):
        start.wait(10)
        try:
            answers.append(verb(one))
        except Exception as error:
            answers.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(one,)) for one in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
