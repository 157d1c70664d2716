import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from apps.posts import services as posts
from apps.push.tests.conftest import PATIENCE, _sign_in
from project.asgi import application

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


class Reader:
    """The other end of a stream of server-sent events."""

    def __init__(self, query, *, method="GET", **headers):
        pairs = [(name.replace("_", "-").encode(), v.encode()) for name, v in headers.items()]
        scope = {"type": "http", "method": method, "path": "/events/", "headers": pairs}
        self.wire = ApplicationCommunicator(
            application, {**scope, "query_string": query.encode(), "http_version": "1.1"}
        )

    async def open(self):
        await self.wire.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await self.wire.receive_output(timeout=PATIENCE)
        return start["status"], {name.decode(): v.decode() for name, v in start["headers"]}

    async def read(self):
        return (await self.wire.receive_output(timeout=PATIENCE))["body"].decode()

    async def event(self):
        return dict(line.split(": ", 1) for line in (await self.read()).strip().split("\n"))

    async def close(self):
        await self.wire.send_input({"type": "http.disconnect"})
        await self.wire.wait(timeout=PATIENCE)


def publish(author, deliver, *texts):
    made = [str(posts.publish(author_id=author.pk, text=text).pk) for text in texts]
    deliver()
    return made


publish_now = sync_to_async(publish)


def test_events_come_with_their_ids_and_resume_by_the_last_one(
    play, browsing, make_account, deliver
):
    author = make_account()

    async def scene():
        reader = Reader("topic=public")
        status, headers = await reader.open()
        retry = await reader.read()
        (first,) = await publish_now(author, deliver, "1")
        one = await reader.event()
        await reader.close()
        missed = await publish_now(author, deliver, "2", "3")
        again = Reader("topic=public", last_event_id=one["id"])
        await again.open()
        await again.read()
        found = [await again.event() for _ in range(3)]
        await again.close()
        return status, headers, retry, first, one, missed, found

    status, headers, retry, first, one, missed, found = play(scene)
    assert (status, headers["Content-Type"]) == (200, "text/event-stream")
    assert retry.startswith("retry: ")
    assert one["event"] == "public"
    assert json.loads(one["data"]) == {"post_id": first}
    # What came shortly before the last one may come again; its id says so.
    assert [json.loads(e["data"])["post_id"] for e in found if e["id"] != one["id"]] == missed


def test_what_is_no_longer_kept_is_a_reset(play, browsing):
    async def scene():
        reader = Reader("topic=public", last_event_id="1")
        await reader.open()
        await reader.read()
        said = await reader.read()
        await reader.close()
        return said

    assert play(scene).startswith("event: reset\n")


def test_an_account_hears_its_home_timeline(play, browsing, make_account, deliver):
    me = make_account()

    async def scene():
        reader = Reader("topic=home", cookie=await sync_to_async(_sign_in)(me))
        status, _ = await reader.open()
        await reader.read()
        (mine,) = await publish_now(me, deliver, "mine")
        heard = await reader.event()
        await reader.close()
        return status, mine, heard

    status, mine, heard = play(scene)
    assert status == 200
    assert json.loads(heard["data"]) == {"post_id": mine}


@pytest.mark.parametrize(
    ("query", "headers", "status", "reason"),
    [
        ("", {}, 403, "Say which topics: /events/?topic=public"),
        ("topic=home", {}, 403, "Sign in to subscribe to “home”."),
        ("topic=none", {}, 403, "There is no topic “none”. The topics are listed at /topics."),
        ("topic=public", {"last_event_id": "x"}, 403, "To resume, say after which event"),
        ("topic=public", {"origin": "https://evil.example"}, 403, "Pages of https://evil.example"),
        ("topic=public", {"method": "POST"}, 405, "Ask with GET."),
    ],
)
def test_a_stream_is_refused_with_a_reason(play, browsing, query, headers, status, reason):
    async def scene():
        reader = Reader(query, **headers)
        answer, _ = await reader.open()
        body = await reader.read()
        await reader.close()
        return answer, json.loads(body)["reason"]

    answer, said = play(scene)
    assert answer == status
    assert said.startswith(reason)
