"""The worker of the push process: on its stop it tells each connection when to come back."""

import socket
import sys

from gunicorn.arbiter import Arbiter
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker


class PushServer(Server):
    """uvicorn's server, which by itself cuts all connections at once and without a word."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, send away those there are, then end."""
        from apps.push import leaving

        for server in self.servers:
            server.close()
        await leaving.send_all_away()
        await super().shutdown(sockets)


class PushWorker(UvicornWorker):  # type: ignore[misc]  # it ships no types
    """uvicorn under gunicorn, with our server."""

    # A stream that was just beginning when the others were sent away is cut after so many seconds.
    CONFIG_KWARGS = {**UvicornWorker.CONFIG_KWARGS, "timeout_graceful_shutdown": 5}

    async def _serve(self) -> None:
        # As in UvicornWorker, which names its server's class in here only.
        self.config.app = self.wsgi
        server = PushServer(config=self.config)
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
