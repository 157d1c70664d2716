"""Pictures that go along with an archive, and come back from it."""

import io
import json
import zipfile

import pytest
from django.core.files.storage import InMemoryStorage
from django.core.management import call_command
from PIL import Image

from apps.archives.tests.archives import note, outbox
from apps.pictures import files, processing, selectors, services
from apps.pictures.models import Picture
from apps.pictures.services import Focus
from apps.posts import imports
from apps.posts import services as posts
from apps.posts.models import Post

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def kept(monkeypatch):
    storage = InMemoryStorage(base_url="/media/")
    monkeypatch.setattr(files, "storage", lambda: storage)
    return storage


@pytest.fixture
def wren(make_account):
    return make_account("wren", shard="shard1")


def pixels(size=(60, 40), kind="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return buffer.getvalue()


def document(path, **fields):
    return {"type": "Document", "mediaType": "image/png", "url": path, **fields}


def illustrated(number, *attachment, content="<p>look</p>"):
    item = note(number, content)
    return {**item, "object": {**item["object"], "attachment": list(attachment)}}


def zipped(path, items, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/outbox.json", outbox(items))
        for name, data in members.items():
            archive.writestr(name, data)


def taken_in(path):
    call_command("import_archive", str(path), "--as", "wren")


def shown_of(account):
    rows = Post.objects.filter(author_id=account.pk).order_by("id")
    found = selectors.of_posts([row.pk for row in rows])
    said = [
        [(card.alt, card.focus_x, card.focus_y, card.width) for card in found.get(row.pk, ())]
        for row in rows
    ]
    return [(row.text, row.pictures, cards) for row, cards in zip(rows, said, strict=True)]


def test_pictures_of_a_deleted_account_come_back_to_another_once(make_account, wren, tmp_path):
    path, ada = tmp_path / "ada.zip", make_account("ada", shard="shard0")
    for text, count in (("two", 2), ("", 4), ("none", 0)):
        ids = [
            services.store(
                author_id=ada.pk,
                upload=io.BytesIO(pixels((60 + n, 40))),
                alt=f"a rook {n}",
                focus=Focus(0.5, -0.25),
            ).pk
            for n in range(count)
        ]
        posts.publish(author_id=ada.pk, text=text, picture_ids=ids)
    before = shown_of(ada)
    call_command("export_account", "ada", str(path))
    for row in Post.objects.filter(author_id=ada.pk):
        posts.delete(post_id=row.pk, by=ada.pk)

    for _ in range(2):
        taken_in(path)

    assert shown_of(wren) == before
    assert [len(cards) for _, _, cards in before] == [2, 4, 0]
    assert Picture.objects.filter(author_id=wren.pk).count() == 6
    with zipfile.ZipFile(path) as archive:
        first = json.loads(archive.read("outbox.json"))["orderedItems"][0]["object"]
        for part in first["attachment"]:
            assert archive.read(part["url"])[8:12] == b"WEBP"


def test_what_a_hostile_archive_names_is_refused_and_its_posts_come_in(wren, tmp_path, capsys):
    path, bomb = tmp_path / "bad.zip", b"\0" * (processing.MOST_BYTES + 1000)
    names = (
        "../../etc/passwd",
        "/etc/passwd",
        "https://evil.example/1.png",
        "bomb",
        "page",
        "x" * 99,
    )
    items = [illustrated(n, document(name)) for n, name in enumerate(names)]
    items.append(illustrated(20, document("page"), content=""))
    odd = document("/good.png", name=7, focalPoint=[float("1e9"), "x"])
    items.append(illustrated(21, *[odd] * 6, content=""))
    members = {"bomb": bomb, "page": b"<script>", "good.png": pixels()}
    zipped(path, items, {f"export/{name}": data for name, data in members.items()})

    taken_in(path)

    assert [cards for _, count, cards in shown_of(wren) if count] == [[("", 0.0, 0.0, 60)] * 4]
    assert Post.objects.filter(author_id=wren.pk).count() == len(names) + 1
    said = capsys.readouterr().out
    assert "Record 1: picture '../../etc/passwd'" in said.replace("\n", " ")
    assert "left out: posts without text" in said


def test_an_import_that_was_killed_goes_on_without_doubles(wren, tmp_path, monkeypatch):
    from apps.archives.management.commands import import_archive

    path = tmp_path / "wren.zip"
    items = [illustrated(n, document("a.png", name=f"{n}")) for n in range(4)]
    zipped(path, items, {"export/a.png": pixels()})
    monkeypatch.setattr(import_archive, "PICTURES", 2)
    original, calls = imports.import_posts, []

    def die_second(**kwargs):
        calls.append(1)
        if len(calls) >= 2:
            raise KeyboardInterrupt
        return original(**kwargs)

    monkeypatch.setattr(import_archive, "import_posts", die_second)
    with pytest.raises(KeyboardInterrupt):
        taken_in(path)
    assert len(shown_of(wren)) == 2
    monkeypatch.setattr(import_archive, "import_posts", original)

    taken_in(path)

    assert [(count, cards[0][0]) for _, count, cards in shown_of(wren)] == [
        (1, f"{n}") for n in range(4)
    ]
    assert Picture.objects.filter(author_id=wren.pk, post_id__isnull=False).count() == 4
