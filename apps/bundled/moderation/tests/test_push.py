"""What an open connection hears once somebody is blocked."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from apps.bundled.moderation import relations
from apps.posts import services as posts
from apps.push import hub
from apps.push.missed import Interest
from apps.push.tests import conftest
from apps.push.topics import EVERY, Subscription
from apps.timelines.topics import Public

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

# Imported here: a conftest is imported before the settings are those of tests.
browsing, play = conftest.browsing, conftest.play


def test_an_open_connection_no_longer_hears_of_who_blocks(
    browsing, play, ada, wren, make_account, deliver
):
    robin = make_account("robin")

    @sync_to_async
    def publish(text):
        post = posts.publish(author_id=ada.pk, text=text)
        deliver()
        return str(post.pk)

    @sync_to_async
    def block():
        relations.block(owner_id=ada.pk, other_id=wren.pk)
        deliver()

    async def unheard(count):
        places = hub.current()._places
        while sum(len(interest.unheard) for interest in places.values()) != count:
            await asyncio.sleep(0.01)

    async def scene():
        async with browsing(wren) as hers, browsing(robin) as his, browsing() as anybodys:
            for browser in (hers, his, anybodys):
                await browser.subscribe("public")
            before = await publish("before")
            heard = [(await browser.hear())["data"]["post_id"] for browser in (hers, his)]
            await anybodys.hear()
            await block()
            await unheard(1)
            after = await publish("after")
            told = [(await browser.hear())["data"]["post_id"] for browser in (his, anybodys)]
            return before, heard, after, told, await hers.nothing()

    before, heard, after, told, nothing = play(scene)
    assert heard == [before] * 2
    assert told == [after] * 2
    assert nothing


def test_who_comes_back_is_not_told_what_it_may_not_see():
    interest = Interest(Subscription(Public(), 0), frozenset([EVERY]), frozenset([7]))

    assert not interest.hears(7)
    assert interest.hears(8)
