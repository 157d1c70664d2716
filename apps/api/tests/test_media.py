"""Pictures as apps upload them, describe them and post them."""

import io

import pytest
from django.core.files.storage import InMemoryStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.pictures import files
from apps.pictures.models import Picture

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def kept(monkeypatch):
    storage = InMemoryStorage(base_url="/media/")
    monkeypatch.setattr(files, "storage", lambda: storage)
    return storage


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


@pytest.fixture
def wren(make_account):
    return make_account("wren", shard="shard1")


@pytest.fixture
def upload(client, token_of):
    def run(account, data=None, version=2, **fields):
        if data is None:
            buffer = io.BytesIO()
            Image.new("RGB", (1280, 640), "teal").save(buffer, "JPEG")
            data = buffer.getvalue()
        headers = {"Authorization": f"Bearer {token_of(account)}"}
        form = {"file": SimpleUploadedFile("a.jpg", data, "image/jpeg"), **fields}
        return client.post(f"/api/v{version}/media", form, headers=headers)

    return run


def test_a_picture_is_what_apps_expect_of_an_attachment(upload, ada):
    made = upload(ada, description="a rook", focus="0.5,-0.25").json()

    row = Picture.objects.get(author_id=ada.pk)
    assert made == {
        "id": str(row.pk),
        "type": "image",
        "url": f"http://127.0.0.1:8000/media/{row.name}",
        "preview_url": f"http://127.0.0.1:8000/media/{row.name}",
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": {
            "original": {"width": 1280, "height": 640, "size": "1280x640", "aspect": 2.0},
            "small": {"width": 640, "height": 320, "size": "640x320", "aspect": 2.0},
            "focus": {"x": 0.5, "y": -0.25},
        },
        "description": "a rook",
        "blurhash": None,
    }


def test_what_is_uploaded_is_posted_and_shown_to_others(upload, ask, ada, wren, deliver):
    first, second = upload(ada).json()["id"], upload(ada, version=1).json()["id"]

    made = ask(ada, "POST", "/api/v1/statuses", status="", media_ids=[second, first]).json()
    deliver()
    shown = ask(wren, "GET", f"/api/v1/statuses/{made['id']}").json()
    repost = ask(wren, "POST", f"/api/v1/statuses/{made['id']}/reblog").json()

    assert [one["id"] for one in made["media_attachments"]] == [second, first]
    assert [one["id"] for one in shown["media_attachments"]] == [second, first]
    assert shown["media_attachments"][0]["preview_url"].endswith("-small.webp")
    assert repost["reblog"]["media_attachments"] == shown["media_attachments"]


def test_a_description_and_a_focus_are_changed_apart(upload, ask, ada):
    media_id = upload(ada, description="a crow").json()["id"]
    path = f"/api/v1/media/{media_id}"

    first = ask(ada, "PUT", path, description="a rook").json()
    second = ask(ada, "PUT", path, focus="-1,1").json()

    assert (first["description"], first["meta"]["focus"]) == ("a rook", {"x": 0.0, "y": 0.0})
    assert (second["description"], second["meta"]["focus"]) == ("a rook", {"x": -1.0, "y": 1.0})
    assert ask(ada, "GET", path).json() == second
    assert ask(ada, "PUT", path, focus="7,7").status_code == 422


def test_a_description_changes_what_is_shown_of_a_post(upload, ask, ada):
    media_id = upload(ada).json()["id"]
    status = ask(ada, "POST", "/api/v1/statuses", status="look", media_ids=[media_id]).json()

    ask(ada, "PUT", f"/api/v1/media/{media_id}", description="a rook")

    shown = ask(ada, "GET", f"/api/v1/statuses/{status['id']}").json()
    assert shown["media_attachments"][0]["description"] == "a rook"


def test_another_ones_picture_is_not_there(upload, ask, ada, wren):
    media_id = upload(ada).json()["id"]
    path = f"/api/v1/media/{media_id}"

    assert [ask(wren, method, path).status_code for method in ("GET", "PUT", "DELETE")] == [404] * 3
    refused = ask(wren, "POST", "/api/v1/statuses", status="mine", media_ids=[media_id])
    assert refused.status_code == 422
    assert ask(ada, "GET", path).status_code == 200


def test_a_picture_is_taken_back_until_it_is_posted(upload, ask, ada, kept, deliver):
    left, posted = upload(ada).json()["id"], upload(ada).json()["id"]
    ask(ada, "POST", "/api/v1/statuses", status="look", media_ids=[posted])
    name = Picture.objects.get(id=int(left), author_id=ada.pk).name

    assert ask(ada, "DELETE", f"/api/v1/media/{left}").json() == {}
    assert ask(ada, "DELETE", f"/api/v1/media/{posted}").status_code == 404

    deliver()
    assert not kept.exists(name)


@pytest.mark.parametrize("data", [b"<svg/>", b"%PDF-1.4"])
def test_what_is_no_picture_is_refused(upload, ada, data):
    answer = upload(ada, data)

    assert answer.status_code == 422
    assert "not a JPEG" in answer.json()["error"]


def test_a_fifth_picture_is_refused(upload, ask, ada):
    five = [upload(ada).json()["id"] for _ in range(5)]

    answer = ask(ada, "POST", "/api/v1/statuses", status="many", media_ids=five)

    assert answer.status_code == 422
    assert "at most 4" in answer.json()["error"]


def test_lists_of_pictures_alone_leave_out_what_has_none(upload, ask, ada):
    media_id = upload(ada).json()["id"]
    ask(ada, "POST", "/api/v1/statuses", status="plain")
    made = ask(ada, "POST", "/api/v1/statuses", status="look", media_ids=[media_id]).json()

    for path in (f"/api/v1/accounts/{ada.pk}/statuses", "/api/v1/timelines/home"):
        found = ask(ada, "GET", path, only_media="true").json()
        assert [one["id"] for one in found] == [made["id"]]
