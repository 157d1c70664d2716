"""Apps of others, as they come from their makers, against a site of real processes."""

import io
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from datetime import datetime

import pytest
from mastodon import Mastodon, StreamListener
from mastodon.errors import (
    MastodonAPIError,
    MastodonNotFoundError,
    MastodonUnauthorizedError,
)
from PIL import Image

from project.tests.visitor import Visitor

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]
PATIENCE = 30
SCOPES = ["read", "write", "follow"]


def let_in(visitor, url):
    """Have a person let an app in at an address that it opened; returns the code that is shown."""
    parts = urllib.parse.urlsplit(url)
    page = visitor.get(f"{parts.path}?{parts.query}")
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    fields.pop("csrfmiddlewaretoken")
    shown = visitor.post("/oauth/authorize", **fields, allow="Allow")
    return re.search(r'<code id="code">([^<]+)</code>', shown)[1]


@pytest.fixture
def app(site):
    """Return a function that signs somebody up and in, with Mastodon.py; gives the app."""
    known = {"api_base_url": site.url, "scopes": SCOPES}
    key, secret = Mastodon.create_app("Nest", **known)

    def sign_in(username):
        visitor = Visitor(site.url)
        visitor.sign_up(username)
        found = Mastodon(client_id=key, client_secret=secret, api_base_url=site.url)
        code = let_in(visitor, found.auth_request_url(scopes=SCOPES, allow_http=True))
        found.log_in(code=code, scopes=SCOPES, allow_http=True)
        return found

    return sign_in


@pytest.fixture
def toot(site, tmp_path):
    """Return a function that runs toot, with a home of its own."""
    home = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "PYTHONWARNINGS": "ignore"}

    def run(*words, fed=None):
        command = [sys.executable, "-m", "toot", "--no-color", *words]
        done = subprocess.run(
            command, env=home, input=fed, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run.home = home
    return run


def soon(find):
    """Wait until something is found."""
    until = time.monotonic() + PATIENCE
    while not (found := find()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)
    return found


class Heard(StreamListener):
    """Notes what is told on a stream."""

    def __init__(self):
        self.told, self.came = [], threading.Event()

    def on_update(self, status):
        self.told.append(status)
        self.came.set()


def test_mastodon_py_does_what_it_can(app):
    ada, wren = app("ada"), app("wren")

    me = ada.me()
    post = ada.status_post("hello @wren #rooks")
    assert (me.acct, post.account.id) == ("ada", me.id)
    assert isinstance(post.created_at, datetime)
    assert [one.id for one in ada.timeline_home()] == [post.id]

    wren.account_follow(me.id)
    assert wren.account_relationships(me.id)[0].following
    reply = wren.status_post("hello back", in_reply_to_id=post.id)
    assert wren.status_favourite(post.id).favourited
    assert wren.status_reblog(post.id).reblog.id == post.id
    soon(
        lambda: (
            {"follow", "favourite", "reblog", "mention"} <= {n.type for n in ada.notifications()}
        )
    )
    soon(lambda: [one.id for one in ada.status_context(post.id).descendants] == [reply.id])
    assert [one.acct for one in ada.status_favourited_by(post.id)] == ["wren"]
    assert [one.acct for one in ada.account_followers(me.id)] == ["wren"]
    soon(lambda: [one.id for one in wren.timeline_hashtag("rooks")] == [post.id])
    assert [one.acct for one in wren.search_v2("ad").accounts] == ["ada"]
    assert ada.account_update_credentials(note="a rook").source.note == "a rook"

    ada.status_delete(post.id)
    with pytest.raises(MastodonNotFoundError):
        wren.status(post.id)
    with pytest.raises(MastodonAPIError, match="at most 500"):
        ada.status_post("x" * 501)
    ada.revoke_access_token(allow_http=True)
    with pytest.raises(MastodonAPIError):
        ada.me()


def test_mastodon_py_turns_pages(app):
    ada = app("ada")
    written = [ada.status_post(f"post {number}").id for number in range(25)][::-1]

    first = ada.timeline_home(limit=10)
    everything = ada.fetch_remaining(first)
    later = ada.status_post("later").id

    assert [one.id for one in everything] == written
    assert [one.id for one in ada.fetch_previous(first)] == [later]
    assert [one.id for one in ada.timeline_home(min_id=written[3], limit=2)] == written[1:3]


def test_an_app_reads_what_it_has_just_written_each_time(app):
    ada = app("ada")

    for number in range(40):
        written = ada.status_post(f"post {number}").id
        assert ada.timeline_home(limit=1)[0].id == written


def test_mastodon_py_hears_of_what_others_post_and_reads_it(app):
    ada, wren = app("ada"), app("wren")
    wren.account_follow(ada.me().id)
    heard = Heard()
    assert wren.stream_healthy()
    stream = wren.stream_user(heard, run_async=True)

    for number in range(20):
        post = ada.status_post(f"news {number}")
        if heard.came.wait(1):
            break
    assert heard.came.wait(PATIENCE)
    status = heard.told[0]

    assert status.account.acct == "ada"
    assert status.id in [one.id for one in wren.timeline_home()]
    assert status.id <= post.id
    stream.close()


def test_without_a_token_mastodon_py_reads_what_everybody_does(site, app):
    post = app("ada").status_post("hello")
    visitor = Mastodon(api_base_url=site.url)

    assert [one.id for one in visitor.timeline_public()] == [post.id]
    assert visitor.instance().title
    with pytest.raises(MastodonUnauthorizedError):
        visitor.timeline_home()


def test_toot_signs_in_posts_reads_follows_and_deletes(site, app, toot):
    app("wren").status_post("a post of wren")
    visitor = Visitor(site.url)
    visitor.sign_up("ada")
    sign_in(site, visitor, toot)

    assert "@ada" in toot("whoami")
    said = toot("post", "hello from the terminal")
    post = re.search(r"/(\d{10,})", said)[1]
    assert "hello from the terminal" in toot("timelines", "home")
    toot("follow", "wren")
    assert "wren" in toot("following", "ada")
    soon(lambda: "a post of wren" in toot("timelines", "home"))
    toot("favourite", post)
    assert "hello from the terminal" in toot("thread", post)
    toot("delete", post)
    assert "hello from the terminal" not in toot("timelines", "home")
    toot("unfollow", "wren")
    assert "wren" not in toot("following", "ada")
    assert "Rookery" in toot("instance")


def sign_in(site, visitor, toot):
    """Have toot ask for its code, and give it the one that the site shows."""
    command = [sys.executable, "-m", "toot", "--no-color", "login", "--instance", site.url]
    pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
    with subprocess.Popen(
        command, env=toot.home, text=True, stderr=subprocess.STDOUT, **pipes
    ) as run:
        try:
            url = next(line.strip() for line in run.stdout if "/oauth/authorize" in line)
            done, _ = run.communicate(f"n\n{let_in(visitor, url)}\n", timeout=PATIENCE)
        finally:
            run.kill()
    assert "Successfully logged in" in done


def picture_at(path, size=(900, 600)):
    Image.new("RGB", size, "teal").save(path, "JPEG")
    return str(path)


def test_a_picture_from_mastodon_py_is_seen_by_others(app, tmp_path):
    ada, wren = app("ada"), app("wren")

    # It would not close a file that it is given the name of.
    with open(picture_at(tmp_path / "a.jpg"), "rb") as file:
        said = {"description": "a rook", "focus": (0.5, 0.0)}
        media = ada.media_post(file, mime_type="image/jpeg", **said)
    ada.media_update(media, description="two rooks")
    status = ada.status_post("look", media_ids=[media])

    found = wren.status(status).media_attachments
    assert [(one.type, one.description) for one in found] == [("image", "two rooks")]
    assert (found[0].meta.original.width, found[0].meta.focus.x) == (900, 0.5)
    with urllib.request.urlopen(found[0].url, timeout=PATIENCE) as file:
        assert file.headers["Content-Type"] == "image/webp"
        assert Image.open(io.BytesIO(file.read())).size == (900, 600)


def test_toot_posts_a_picture(site, app, toot, tmp_path):
    visitor = Visitor(site.url)
    visitor.sign_up("ada")
    sign_in(site, visitor, toot)

    toot("post", "from a terminal", "--media", picture_at(tmp_path / "b.jpg"), "--description", "b")

    reader = app("wren")
    status = reader.account_statuses(reader.account_lookup("ada"))[0]
    assert [one.description for one in status.media_attachments] == ["b"]


def test_mastodon_py_asks_and_votes(app):
    ada, wren = app("ada"), app("wren")

    poll = ada.make_poll(["tea", "coffee", "water"], expires_in=3600, multiple=True)
    status = ada.status_post("what to drink?", poll=poll)
    voted = wren.poll_vote(status.poll, [0, 2])

    assert (voted.voted, voted.own_votes, voted.voters_count) == (True, [0, 2], 1)
    soon(lambda: ada.poll(status.poll).votes_count == 2)
    assert [one.votes_count for one in wren.status(status).poll.options] == [1, 0, 1]
    with pytest.raises(MastodonAPIError, match="already voted"):
        wren.poll_vote(status.poll, 1)
    assert wren.instance().configuration.polls.max_options == 4
