import asyncio

import pytest
from asgiref.sync import sync_to_async

from apps.posts import services as posts
from apps.push import hub, leaving
from apps.push.tests.conftest import PATIENCE
from apps.push.tests.test_streams import Reader
from apps.sharding import ids

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def publish(deliver):
    def now(author, text):
        made = posts.publish(author_id=author.pk, text=text)
        deliver()
        return str(made.pk)

    return sync_to_async(now)


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 2.0), (1, 2.0), (400, 2.0), (2000, 10.0), (10_000, 30.0)]
)
def test_the_more_there_are_the_longer_they_take_to_come_back(count, seconds):
    assert leaving.seconds_for(count) == seconds


def test_a_socket_is_sent_away_and_what_it_was_not_told_it_is_told_where_it_comes_back(
    browsing, play, make_account, publish
):
    author = make_account()

    async def scene():
        async with browsing() as browser:
            await browser.subscribe("public")
            await publish(author, "before")
            event = await browser.hear()
            await leaving.send_all_away()
            word, closed = await browser.hear(), await browser.hear()
        meanwhile = await publish(author, "meanwhile")
        async with browsing() as browser:
            await browser.say("resume", topics=["public"], after=word["resume"])
            told = [await browser.hear() for _ in range(4)]
        return event, word, closed, meanwhile, told

    event, word, closed, meanwhile, told = play(scene)

    assert word["type"] == "reconnect"
    assert 0 <= word["after_ms"] <= leaving.SHORTEST * 1000
    assert word["resume"] == event["id"]
    assert closed[0] == 1012
    assert meanwhile in {m["data"]["post_id"] for m in told if m["type"] == "event"}


def test_one_that_was_told_nothing_resumes_from_when_it_came(browsing, play):
    async def scene():
        before = asyncio.get_running_loop().time()
        async with browsing() as browser:
            await browser.subscribe("public")
            await leaving.send_all_away()
            return await browser.hear(), asyncio.get_running_loop().time() - before

    word, seconds = play(scene)

    from django.utils import timezone

    age = timezone.now() - ids.time_of(int(word["resume"]))
    assert 0 <= age.total_seconds() < seconds + 5


def test_a_stream_ends_with_a_place_and_a_time(play, make_account, publish):
    author = make_account()

    async def scene():
        reader = Reader("topic=public")
        await reader.open()
        await reader.read()
        await publish(author, "before")
        event = await reader.event()
        await leaving.send_all_away()
        end = await reader.wire.receive_output(timeout=PATIENCE)
        await reader.close()
        return event, end, len(hub.current().guests)

    event, end, left = play(scene)
    last = dict(line.split(": ") for line in end["body"].decode().strip().split("\n"))

    assert last["id"] == event["id"]
    assert 0 <= int(last["retry"]) <= leaving.SHORTEST * 1000
    assert not end.get("more_body")
    assert left == 0


def test_a_guest_that_takes_no_word_delays_the_others_by_little(play, monkeypatch):
    monkeypatch.setattr(leaving, "PATIENCE_SECONDS", 0.1)

    class Deaf:
        async def send_away(self, wait):
            await asyncio.sleep(60)

    class Broken:
        async def send_away(self, wait):
            raise OSError

    async def scene():
        hub.current().guests.update({Deaf(), Broken()})
        begun = asyncio.get_running_loop().time()
        await leaving.send_all_away()
        return asyncio.get_running_loop().time() - begun

    assert 0.1 <= play(scene) < 5
