import asyncio
import json

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator

from apps.push import topics
from project.asgi import application


def dial(path, origin):
    headers = [(b"origin", origin.encode())]
    scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers}
    return ApplicationCommunicator(application, {**scope, "subprotocols": []})


async def connect(browser):
    await browser.send_input({"type": "websocket.connect"})
    return await browser.receive_output(timeout=5)


def test_who_listens_is_told(settings):
    async def scene():
        browser = dial("/ws/public", settings.SITE_URL)
        assert (await connect(browser))["type"] == "websocket.accept"
        assert await sync_to_async(topics.tell)(topics.PUBLIC, {"post_id": "7"})
        told = await browser.receive_output(timeout=5)
        await browser.send_input({"type": "websocket.disconnect", "code": 1000})
        await browser.wait()
        return json.loads(told["text"])

    assert asyncio.run(scene()) == {"topic": "public", "post_id": "7"}


def test_a_page_of_another_site_is_refused():
    async def scene():
        browser = dial("/ws/public", "https://evil.example")
        return await connect(browser)

    assert asyncio.run(scene())["type"] == "websocket.close"


def test_a_topic_that_is_not_there_is_refused_with_a_reason(settings):
    async def scene():
        browser = dial("/ws/secrets", settings.SITE_URL)
        await connect(browser)
        return await browser.receive_output(timeout=5)

    closed = asyncio.run(scene())
    assert (closed["code"], closed["reason"]) == (4404, "There is no topic secrets.")


def test_with_the_channel_layer_away_the_caller_goes_on(settings):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }

    assert topics.tell(topics.PUBLIC, {}) is False
