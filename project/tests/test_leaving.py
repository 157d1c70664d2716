"""Somebody leaves for another site: an archive, a deletion, and an import where nobody was."""

import io
import json
import os
import subprocess
import sys
import zipfile

import pytest
from django.conf import settings
from django.core.management import call_command
from PIL import Image

from apps.accounts.models import Account
from apps.cluster import plan as plans
from apps.cluster.embedded import Cluster
from apps.erasure import services as erasure
from apps.pictures import services as pictures
from apps.pictures.services import Focus
from apps.posts import edits
from apps.posts import services as posts
from apps.posts.kinds import Audience
from apps.posts.models import Post
from apps.sharding.conf import conf

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def elsewhere(tmp_path):
    """Return a function that runs a command of manage.py on a site that is new."""
    home = tmp_path / "elsewhere"
    cluster = Cluster(home, print, {"fsync": "off"})
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ROOKERY_")}
    environ |= {"ROOKERY_HOME": str(home), "ROOKERY_SITE_URL": "http://127.0.0.1:9999"}

    def manage(*command):
        line = [sys.executable, "manage.py", *map(str, command)]
        done = subprocess.run(
            line, cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    cluster.up(plans.Shape(shards=2, replicas=0))
    try:
        manage("migrate_all")
        yield manage
    finally:
        cluster.destroy()


@pytest.fixture
def ada(make_account, settings, tmp_path):
    """Somebody who has said all that one can say."""
    settings.MEDIA_ROOT = tmp_path / "media"
    ada, wren = make_account("ada", shard="shard0"), make_account("wren", shard="shard1")

    def say(text, **how):
        return posts.publish(author_id=ada.pk, text=text, **how)

    first = say("a <b> & c\n\n\nwide   gap\n #rooks 🐦 https://example.org/?a=1&b=2")
    second = say("so I answer myself", in_reply_to_id=first.pk)
    say("and again", in_reply_to_id=second.pk)
    hers = posts.publish(author_id=wren.pk, text="somebody else's")
    posts.repost(author_id=ada.pk, post_id=hers.pk)
    for audience in (Audience.FOLLOWERS, Audience.NAMED):
        say(f"{audience.name} @wren", audience=audience, warning="loud")
    for sizes in (((60, 40), (61, 41)), ((64, 48),) * 4):
        taken = [picture(ada, size, alt=f"{size} ثلاثة") for size in sizes]
        say("" if len(sizes) == 4 else "two of them", picture_ids=taken)
    edited = say("a frist try")
    edits.edit(post_id=edited.pk, by=ada.pk, text="a first try")
    for number in range(40):
        say(f"what I saw today: {number}")
    return ada


def picture(author, size, alt):
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    file.seek(0)
    focus = Focus(0.5, -0.25)
    return pictures.store(author_id=author.pk, upload=file, alt=alt, focus=focus).pk


def said_in(path):
    """Return what an archive says was posted, without addresses of its site."""
    with zipfile.ZipFile(path) as archive:
        items = json.loads(archive.read("outbox.json"))["orderedItems"]
        notes = [item["object"] for item in items if item["type"] == "Create"]
        places = {note["id"]: number for number, note in enumerate(notes)}
        return [_said(note, places, archive) for note in notes]


def _said(note, places, archive):
    same = ("content", "source", "summary", "sensitive", "published")
    shown = [
        (
            part["name"],
            part["focalPoint"],
            Image.open(io.BytesIO(archive.read(part["url"]))).size,
        )
        for part in note["attachment"]
    ]
    # A name is perhaps another person's elsewhere, so it comes to nobody; it stays as closed.
    audience = {one.rsplit("/", 1)[-1] for one in note["to"]} - {"@wren"}
    return [note[name] for name in same], places.get(note["inReplyTo"]), audience, shown


def test_who_leaves_is_gone_here_and_whole_elsewhere(ada, elsewhere, deliver, tmp_path):
    taken, back = tmp_path / "ada.zip", tmp_path / "back.zip"
    call_command("export_account", "ada", str(taken))
    before = said_in(taken)

    deletion = erasure.ask(username="ada")
    for _ in range(5):
        deliver()
        erasure.work(deletion.pk)
    left = [shard for shard in conf().shards if Post.objects.using(shard).filter(author_id=ada.pk)]
    assert (left, Account.objects.filter(pk=ada.pk).exists()) == ([], False)
    deletion.refresh_from_db()
    assert deletion.ended_at

    elsewhere("create_admin", "--username", "ada")
    for _ in range(2):
        elsewhere("import_archive", taken, "--as", "ada")
    elsewhere("export_account", "ada", back)

    after = said_in(back)
    same = sum(one == other for one, other in zip(before, after, strict=True))
    print(f"the same elsewhere: {same} of {len(before)} posts")
    assert after == before
    assert len(before) == 48
