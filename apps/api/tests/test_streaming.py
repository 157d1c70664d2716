"""What apps hear on streams, over WebSockets and as server-sent events."""

import json
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from apps.api.streaming import streams
from apps.api.streaming.streams import Open, Stream
from apps.follows import services as follows
from apps.posts import edits
from apps.posts import services as posts
from apps.posts.kinds import Audience
from apps.push.tests.conftest import PATIENCE, _close_connections, play
from project.asgi import application

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
assert play  # a fixture


class App:
    """The other end of a stream of either kind."""

    def __init__(self, kind, path, query="", **headers):
        pairs = [(name.replace("_", "-").encode(), v.encode()) for name, v in headers.items()]
        scope = {"type": kind, "method": "GET", "path": path, "headers": pairs}
        more = {"query_string": query.encode(), "http_version": "1.1", "subprotocols": []}
        self.wire = ApplicationCommunicator(application, {**scope, **more})

    async def take(self):
        return await self.wire.receive_output(timeout=PATIENCE)

    async def read(self):
        return (await self.take())["body"].decode()

    async def event(self):
        """The next event of a stream of server-sent events, past comments."""
        while (text := await self.read()).startswith(":"):
            pass
        found = dict(line.split(": ", 1) for line in text.strip().split("\n"))
        return found["event"], json.loads(found["data"])

    async def hear(self):
        """The next message of a WebSocket; of one that is closed the code."""
        found = await self.take()
        return found["code"] if found["type"] == "websocket.close" else json.loads(found["text"])

    async def say(self, **fields):
        await self.wire.send_input({"type": "websocket.receive", "text": json.dumps(fields)})


@pytest.fixture
def listening():
    """Return a context manager that opens a stream of server-sent events."""

    @asynccontextmanager
    async def opened(path, query="", **headers):
        app = App("http", f"/api/v1/streaming/{path}", query, **headers)
        await app.wire.send_input({"type": "http.request", "body": b"", "more_body": False})
        app.start = await app.take()
        try:
            yield app
        finally:
            await app.wire.send_input({"type": "http.disconnect"})
            await app.wire.wait(timeout=PATIENCE)

    yield opened
    _close_connections()


@pytest.fixture
def connected():
    """Return a context manager that opens a WebSocket."""

    @asynccontextmanager
    async def opened(query="", **headers):
        app = App("websocket", "/api/v1/streaming", query, **headers)
        await app.wire.send_input({"type": "websocket.connect"})
        assert (await app.take())["type"] == "websocket.accept"
        try:
            yield app
        finally:
            await app.wire.send_input({"type": "websocket.disconnect", "code": 1000})
            await app.wire.wait(timeout=PATIENCE)

    yield opened
    _close_connections()


def publish(author, deliver, text, **more):
    post = posts.publish(author_id=author.pk, text=text, **more)
    deliver()
    return str(post.pk)


publish_now = sync_to_async(publish)


def test_a_public_stream_tells_of_posts_and_of_their_end(play, listening, make_account, deliver):
    author = make_account("ada")

    async def scene():
        async with listening("public") as app:
            post = await publish_now(author, deliver, "hello")
            made = await app.event()
            await sync_to_async(posts.delete)(post_id=int(post))
            await sync_to_async(deliver)()
            return app.start["status"], post, made, await app.event()

    status, post, made, gone = play(scene)

    assert status == 200
    assert (made[0], made[1]["id"], made[1]["account"]["acct"]) == ("update", post, "ada")
    assert gone == ("delete", int(post))


def test_a_users_stream_tells_of_home_and_of_notifications(
    play, listening, make_account, deliver, token_of
):
    ada, wren = make_account("ada", shard="shard0"), make_account("wren", shard="shard1")
    follows.follow(follower_id=ada.pk, followed_id=wren.pk)
    deliver()
    token = token_of(ada)

    async def scene():
        async with listening("user", authorization=f"Bearer {token}") as app:
            post = await publish_now(wren, deliver, "hi @ada")
            return post, dict([await app.event(), await app.event()])

    post, events = play(scene)

    assert events["update"]["id"] == events["notification"]["status"]["id"] == post
    assert events["notification"]["type"] == "mention"


def test_a_users_stream_tells_what_a_post_says_now_and_of_what_is_for_others_nothing(
    play, listening, make_account, deliver, token_of
):
    ada, wren = make_account("ada", shard="shard0"), make_account("wren", shard="shard1")
    follows.follow(follower_id=ada.pk, followed_id=wren.pk)
    kinds = (Audience.NAMED, Audience.FOLLOWERS, Audience.PUBLIC)
    written = [publish(wren, deliver, "first words", audience=kind) for kind in kinds]
    token = token_of(ada)

    async def scene():
        async with listening("user", authorization=f"Bearer {token}") as app:
            for post in written:
                await sync_to_async(edits.edit)(post_id=int(post), by=wren.pk, text="other words")
            await sync_to_async(deliver)()
            return [await app.event() for _ in range(2)]

    heard = play(scene)

    assert [name for name, _ in heard] == ["status.update"] * 2
    assert {post["id"] for _, post in heard} == set(written[1:])
    assert "other words" in heard[0][1]["content"]


def test_a_stream_of_pictures_tells_of_posts_that_have_some():
    for name in ("public:media", "public:local:media"):
        stream = streams.asked(name)
        assert stream.topics == streams.PUBLIC
        assert stream.shows([], has_pictures=True)
        assert not stream.shows([], has_pictures=False)
    assert streams.asked("public").shows([], has_pictures=False)


def test_a_tags_stream_tells_of_its_posts_alone(play, listening, make_account, deliver):
    author = make_account()

    async def scene():
        async with listening("hashtag", "tag=Rooks") as app:
            await publish_now(author, deliver, "#other things")
            wanted = await publish_now(author, deliver, "on #rooks")
            return wanted, await app.event()

    wanted, event = play(scene)

    assert event[1]["id"] == wanted


def test_several_streams_share_one_socket(play, connected, make_account, deliver, token_of):
    ada = make_account("ada")
    token = token_of(ada)

    async def scene():
        async with connected(f"access_token={token}&stream=user") as app:
            await app.say(type="subscribe", stream="hashtag", tag="rooks")
            await app.say(type="subscribe", stream="public")
            await app.say(type="nonsense")
            refused = await app.hear()
            post = await publish_now(ada, deliver, "on #rooks")
            heard = [await app.hear() for _ in range(3)]
            await app.say(type="unsubscribe", stream="public")
            await app.say(type="unsubscribe", stream="user")
            await app.say(type="nonsense")
            await app.hear()
            await publish_now(ada, deliver, "more #rooks")
            return refused, post, heard, await app.hear()

    refused, post, heard, last = play(scene)

    assert "error" in refused
    assert {tuple(one["stream"]) for one in heard} == {("user",), ("public",), ("hashtag", "rooks")}
    assert {json.loads(one["payload"])["id"] for one in heard} == {post}
    assert last["stream"] == ["hashtag", "rooks"]


def test_who_has_no_right_hears_nothing(play, listening, connected, make_account, token_of):
    token = token_of(make_account(), "write")

    async def scene():
        found = []
        for path, headers in (
            ("user", {}),
            ("user", {"authorization": "Bearer bad"}),
            ("user", {"authorization": f"Bearer {token}"}),
            ("nothing", {}),
            ("hashtag", {}),
        ):
            async with listening(path, **headers) as app:
                found.append((app.start["status"], "error" in json.loads(await app.read())))
        async with connected("access_token=bad") as app:
            found.append(await app.hear())
        async with connected("stream=user") as app:
            found.append("error" in await app.hear())
        return found

    expected = [(401, True), (401, True), (403, True), (404, True), (404, True), 4401, True]
    assert play(scene) == expected


def test_a_stream_is_well_and_open_to_other_sites(play, listening):
    async def scene():
        async with listening("health", origin="https://elk.example") as app:
            return app.start, await app.read()

    start, body = play(scene)

    assert body == "OK"
    assert (b"Access-Control-Allow-Origin", b"*") in start["headers"]


def test_what_is_hidden_from_an_account_is_not_told_to_it(
    play, connected, listening, make_account, deliver, token_of, ask
):
    ada, wren, third = make_account("ada"), make_account("wren"), make_account("third")
    ask(ada, "POST", f"/api/v1/accounts/{wren.pk}/block")
    deliver()
    token = token_of(ada)

    async def scene():
        async with listening("public", authorization=f"Bearer {token}") as app:
            await publish_now(wren, deliver, "not for ada")
            wanted = await publish_now(third, deliver, "for all")
            return wanted, await app.event()

    wanted, event = play(scene)

    assert event[1]["id"] == wanted


def test_streams_that_share_a_topic_let_go_of_it_together():
    opened, user, own = Open(), Stream("user"), Stream("user:notification")

    assert opened.add(own) == ["notified"]
    assert opened.add(user) == ["home", "home-deleted", "home-edited"]
    assert opened.remove(user) == ["home", "home-deleted", "home-edited"]
    assert opened.remove(own) == ["notified"]


def test_a_tag_may_be_asked_for_with_its_sign():
    assert streams.asked("hashtag", "#Rooks") == Stream("hashtag", "rooks")
