"""The workers of web and push: uvicorn under gunicorn, each with its own way to stop."""

import asyncio
import signal
import socket
import sys
from types import FrameType
from typing import ClassVar

from gunicorn.arbiter import Arbiter
from uvicorn.config import Config
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from apps.edge.wire import Wire
from project.serving import replacing

# A visitor who asks once a second is told within it to come back by another connection.
LINGER_SECONDS = 2.0


class WorkerServer(Server):
    """uvicorn's server, which by itself leaves its place before who replaces it has come."""

    def __init__(self, config: Config, age: int) -> None:
        super().__init__(config)
        self.age, self.waits = age, False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and say so to whoever waits for it."""
        await super().startup(sockets)
        replacing.serves(self.age)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leave; who is told for the first time while others come waits until they serve."""
        if sig == signal.SIGTERM and not self.waits and replacing.is_replaced(self.age):
            self.waits = True
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Tell, ten times a second, whether to leave."""
        is_over = await super().on_tick(counter)
        return is_over or (self.waits and replacing.others_serve())


class WebServer(WorkerServer):
    """uvicorn's server, which by itself cuts idle connections while their next request comes."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, have each end with its next answer, then end."""
        for server in self.servers:
            server.close()
        self.config.app.is_leaving = True  # type: ignore[union-attr]  # an apps.edge.asgi.Edge
        loop = asyncio.get_running_loop()
        until = loop.time() + LINGER_SECONDS
        while self.server_state.connections and loop.time() < until:
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)


class PushServer(WorkerServer):
    """uvicorn's server, which by itself cuts all connections at once and without a word."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, send away those there are, then end."""
        from apps.push import leaving

        for server in self.servers:
            server.close()
        await leaving.send_all_away()
        await super().shutdown(sockets)


class Worker(UvicornWorker):  # type: ignore[misc]  # it ships no types
    """uvicorn under gunicorn, with a server of ours."""

    server_class: ClassVar[type[WorkerServer]]

    async def _serve(self) -> None:
        self.settle()
        # As in UvicornWorker, which names its server's class in here only.
        self.config.app = self.wsgi
        server = self.server_class(self.config, self.age)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

    def settle(self) -> None:
        """Do what is better done before the first request."""
        from project.serving import settling

        settling.freeze()


class WebWorker(Worker):
    """Serves pages. Who is before us says whether it was TLS: Django reads that, as it is set."""

    server_class = WebServer
    CONFIG_KWARGS: ClassVar = {
        **UvicornWorker.CONFIG_KWARGS,
        "http": Wire,
        "proxy_headers": False,
        "ws": "none",
    }

    def settle(self) -> None:
        """Have threads take short turns, few searches stop them, and what pages need be ready."""
        from project import web, wsgi
        from project.serving import rehearsal, settling

        settling.take_turns()
        settling.search_seldom()
        settling.make_ready()
        settling.connect(web.django_threads.executor, web.THREADS)
        rehearsal.rehearse(web.django_threads.executor, wsgi.application)
        super().settle()


class PushWorker(Worker):
    """Serves WebSockets and streams."""

    server_class = PushServer
    # A stream that was just beginning when the others were sent away is cut after so many seconds.
    CONFIG_KWARGS: ClassVar = {**UvicornWorker.CONFIG_KWARGS, "timeout_graceful_shutdown": 5}
