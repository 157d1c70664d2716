"""Open pages are told that a server has gone, and that it is back."""

import pytest
from asgiref.sync import sync_to_async

from apps.replication import servers, watchers

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture(autouse=True)
def _whole_again():
    yield
    watchers.end()


def test_a_page_that_waits_is_told_when_a_server_is_back(browsing, play):
    async def scene():
        async with browsing() as browser:
            assert await browser.nothing()
            error = OSError("it was unplugged")
            await sync_to_async(watchers.doubt)("shard0", error)
            return await browser.hear(), await browser.hear()

    gone, back = play(scene)

    assert gone == {"type": "shard.down", "server": "shard0"}
    assert back == {"type": "shard.up", "server": "shard0"}
    assert not servers.of("shard0").is_away
