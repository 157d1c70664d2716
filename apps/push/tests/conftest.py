import asyncio
import json
import threading
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.layers import channel_layers
from django.conf import settings
from django.db import connections
from django.test import Client

from apps.push import hub
from project.asgi import application

PATIENCE = 10


class Browser:
    """The other end of a WebSocket."""

    def __init__(self, path="/ws/", *, origin=None, cookies=""):
        headers = [(b"origin", (origin or settings.SITE_URL).encode())]
        headers += [(b"cookie", cookies.encode())] if cookies else []
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers}
        self.wire = ApplicationCommunicator(application, {**scope, "subprotocols": []})

    async def open(self):
        await self.wire.send_input({"type": "websocket.connect"})
        return await self.wire.receive_output(timeout=PATIENCE)

    async def close(self):
        await self.wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wire.wait(timeout=PATIENCE)

    async def say(self, do, **fields):
        await self.send(json.dumps({"do": do, **fields}))

    async def send(self, text):
        await self.wire.send_input({"type": "websocket.receive", "text": text})

    async def hear(self):
        """The next message; of a connection that is closed the code and reason."""
        output = await self.wire.receive_output(timeout=PATIENCE)
        if output["type"] == "websocket.close":
            return output["code"], output.get("reason", "")
        return json.loads(output["text"])

    async def subscribe(self, *topics):
        await self.say("subscribe", topics=list(topics))
        return [await self.hear() for _ in topics]

    async def nothing(self):
        """Tell that nothing was said; whatever comes before the answer to a ping is late news."""
        await self.say("ping")
        return await self.hear() == {"type": "pong"}


@pytest.fixture
def browsing():
    """Return a context manager that opens a WebSocket, as an account if one is named."""

    @asynccontextmanager
    async def opened(account=None, **options):
        cookies = await sync_to_async(_sign_in)(account) if account else ""
        browser = Browser(cookies=cookies, **options)
        assert (await browser.open())["type"] == "websocket.accept"
        try:
            yield browser
        finally:
            await browser.close()

    yield opened
    _close_connections()


@pytest.fixture
def play():
    """Return a function that runs a scene, which must end in a minute."""

    async def act(scene):
        # A process has one event loop, and its channel layer is bound to it; here each scene has.
        channel_layers.backends.clear()
        try:
            return await asyncio.wait_for(scene(), 60)
        finally:
            await sync_to_async(connections.close_all)()

    def run(scene):
        return asyncio.run(act(scene))

    return run


def _sign_in(account):
    client = Client()
    client.force_login(account)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _close_connections():
    """Close what the hub's threads hold, or the test databases could not be dropped."""
    size = hub._threads._max_workers
    together = threading.Barrier(size)

    def close():
        together.wait(PATIENCE)
        connections.close_all()

    for future in [hub._threads.submit(close) for _ in range(size)]:
        future.result(PATIENCE)
