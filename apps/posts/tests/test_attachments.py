"""Pictures in the composer, with nothing but a form, and with a script's uploads."""

import io

import pytest
from django.core.files.storage import InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from PIL import Image

from apps.pictures import files, selectors
from apps.pictures import services as pictures
from apps.pictures.models import Picture
from apps.posts import attachments
from apps.posts import services as posts
from apps.posts.models import Post

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def kept(monkeypatch):
    storage = InMemoryStorage(base_url="/media/")
    monkeypatch.setattr(files, "storage", lambda: storage)
    return storage


@pytest.fixture
def ada(make_account, client):
    account = make_account("ada", shard="shard0")
    client.force_login(account)
    return account


def photo(size=(800, 600)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, "JPEG")
    return SimpleUploadedFile("me.jpg", buffer.getvalue(), "image/jpeg")


def test_a_form_with_two_files_becomes_a_post_that_shows_them(client, ada, deliver):
    form = {"text": "look", "file_1": photo(), "new_alt_1": 'a "rook"', "file_3": photo((90, 70))}

    answer = client.post("/posts/", form)
    deliver()

    post = Post.objects.get(author_id=ada.pk)
    shown = selectors.of_posts([post.pk])[post.pk]
    page = client.get("/").text
    assert answer.status_code == 302
    assert (post.pictures, [card.alt for card in shown]) == (2, ['a "rook"', ""])
    assert 'class="pictures of-2"' in page
    assert f'src="{shown[0].small_url}" width="640" height="480" alt="a &quot;rook&quot;"' in page
    assert f'href="{shown[1].url}" aria-label="Picture"' in page
    assert 'loading="lazy"' in page


def test_pictures_may_come_without_words(client, ada):
    assert client.post("/posts/", {"text": "", "file_1": photo()}).status_code == 302
    assert client.post("/posts/", {"text": ""}).status_code == 422

    assert [post.text for post in Post.objects.filter(author_id=ada.pk)] == [""]


def test_a_refused_form_comes_back_with_its_pictures_and_is_sent_without_the_files(client, ada):
    refused = client.post(
        "/posts/", {"text": "x" * 501, "file_1": photo(), "new_alt_1": "a rook", "key": "k" * 8}
    )
    row = Picture.objects.get(author_id=ada.pk)
    assert refused.status_code == 422
    assert f'name="pictures" value="{row.pk}"' in refused.text
    assert f'name="alt_{row.pk}"' in refused.text
    assert 'name="file_4"' not in refused.text

    sent = client.post(
        "/posts/",
        {
            "text": "short",
            "pictures": str(row.pk),
            f"alt_{row.pk}": "two rooks",
            f"focus_{row.pk}": "0.5,-1",
            "key": "k" * 8,
        },
    )

    post = Post.objects.get(author_id=ada.pk)
    card = selectors.of_posts([post.pk])[post.pk][0]
    assert sent.status_code == 302
    assert (card.alt, card.focus_x, card.focus_y) == ("two rooks", 0.5, -1.0)


def test_what_is_no_picture_is_said_and_the_good_ones_stay(client, ada):
    bad = SimpleUploadedFile("x.jpg", b"<svg/>", "image/jpeg")

    answer = client.post("/posts/", {"text": "look", "file_1": photo(), "file_2": bad})

    row = Picture.objects.get(author_id=ada.pk)
    assert answer.status_code == 422
    assert "not a JPEG, PNG, WebP or GIF" in answer.text
    assert f'name="pictures" value="{row.pk}"' in answer.text
    assert not Post.objects.filter(author_id=ada.pk).exists()


def test_one_that_is_left_out_is_not_posted(client, ada):
    client.post("/posts/pictures", {"file": photo()})
    client.post("/posts/pictures", {"file": photo()})
    first, second = sorted(row.pk for row in Picture.objects.filter(author_id=ada.pk))

    client.post("/posts/", {"text": "a", "pictures": f"{first},{second}", f"drop_{first}": "on"})

    post = Post.objects.get(author_id=ada.pk)
    assert [card.id for card in selectors.of_posts([post.pk])[post.pk]] == [second]


def test_an_upload_answers_with_its_part_of_the_form(client, ada):
    made = client.post("/posts/pictures", {"file": photo()})
    empty = client.post("/posts/pictures")

    row = Picture.objects.get(author_id=ada.pk)
    assert (made.status_code, empty.status_code) == (201, 422)
    assert f'data-id="{row.pk}"' in made.text
    assert f'src="/media/{row.name}" width="640" height="480"' in made.text


def test_another_ones_picture_and_a_fifth_are_refused(client, ada, make_account, kept):
    wren = make_account("wren", shard="shard1")
    client.post("/posts/pictures", {"file": photo()})
    mine = Picture.objects.get(author_id=ada.pk)

    four = {f"file_{number}": photo() for number in (1, 2, 3, 4)}
    fifth = client.post("/posts/", {"text": "x", "pictures": str(mine.pk), **four})
    client.force_login(wren)
    stolen = client.post("/posts/", {"text": "x", "pictures": str(mine.pk)})

    assert (fifth.status_code, stolen.status_code) == (422, 422)
    assert "at most 4 pictures" in fifth.text
    assert "Choose it again" in stolen.text
    assert Post.objects.scatter().count() == 0
    assert Picture.objects.filter(author_id=ada.pk).count() == 1


def test_the_same_form_sent_twice_is_one_post(client, ada):
    for _ in range(2):
        answer = client.post("/posts/", {"text": "once", "file_1": photo(), "key": "k" * 9})
        assert answer.status_code == 302

    assert [post.pictures for post in Post.objects.filter(author_id=ada.pk)] == [1]


@pytest.mark.parametrize("text", ["", "x", "0,-1", f"{2**70}", "²"])
def test_what_is_no_id_is_left_out(text):
    assert attachments.ids_in(text) == []


@pytest.mark.parametrize("text", ["", "1", "a,b", "2,0", "nan,0", "inf,1", "1,2,3"])
def test_what_is_no_place_is_left_out(text):
    assert attachments.focus_in(text) is None


def test_a_list_asks_for_pictures_only_where_there_are_some(ada, client, count_queries):
    posts.publish(author_id=ada.pk, text="plain")
    with count_queries() as plain:
        client.get("/public")

    assert not [sql for sql in map(str, plain) if "pictures_picture" in sql]


def test_where_a_server_is_away_what_has_arrived_waits_with_the_text(client, ada, monkeypatch):
    def away(**_):
        raise OperationalError("away")

    monkeypatch.setattr(posts, "publish", away)
    kept_ones = client.post("/posts/", {"text": "", "file_1": photo()})
    monkeypatch.setattr(pictures, "store", away)
    lost = client.post("/posts/", {"text": "look", "file_1": photo()})

    row = Picture.objects.get(author_id=ada.pk)
    assert kept_ones.status_code == lost.status_code == 503
    assert f'name="pictures" value="{row.pk}"' in kept_ones.text
    assert " data-again " in kept_ones.text
    assert "Your pictures have not arrived" not in kept_ones.text
    assert "Your pictures have not arrived" in lost.text
    assert " data-again " not in lost.text
