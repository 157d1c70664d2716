"""Connections to an address that was checked, with one deadline for all of their bytes.

A time-out of a socket begins anew with each byte, so a server that drips would never meet it.
"""

import http.client
import socket
import ssl
from collections.abc import Sequence
from typing import Any

from apps.outgoing.deadlines import Deadline
from apps.outgoing.targets import PORTS, Target


class _Timed(socket.socket):
    """A socket that waits until its deadline, and no longer."""

    deadline: Deadline | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive; what is waited for is what is left."""
        self._hurry()
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        """Send; a socket's own time-out holds for all of it."""
        self._hurry()
        super().sendall(*args, **kwargs)

    def _hurry(self) -> None:
        if self.deadline is not None:
            self.settimeout(self.deadline.left())


class _TimedTls(_Timed, ssl.SSLSocket):
    """The same under TLS, which sends in parts."""

    def send(self, *args: Any, **kwargs: Any) -> int:
        """Send a part; what is waited for is what is left."""
        self._hurry()
        return super().send(*args, **kwargs)


class Wire(http.client.HTTPConnection):
    """A connection to one of some checked addresses; no name is looked up here."""

    def __init__(
        self, target: Target, addresses: Sequence[str], deadline: Deadline, tls: ssl.SSLContext
    ) -> None:
        super().__init__(target.host, target.port)
        self.default_port = PORTS[target.scheme]
        self.target = target
        self.addresses = addresses
        self.deadline = deadline
        self.tls = tls

    def connect(self) -> None:
        """Connect to the first address that answers; raises OSError."""
        sock = self._reach()
        try:
            if self.target.scheme == "https":
                self.tls.sslsocket_class = _TimedTls
                sock = self.tls.wrap_socket(sock, server_hostname=self.target.host)
        except BaseException:
            sock.close()
            raise
        sock.deadline = self.deadline  # type: ignore[attr-defined]
        self.sock = sock

    def _reach(self) -> socket.socket:
        error: OSError = OSError("no address")
        for address in self.addresses:
            sock = _Timed(socket.AF_INET6 if ":" in address else socket.AF_INET)
            sock.settimeout(self.deadline.left())
            try:
                sock.connect((address, self.target.port))
            except OSError as failed:
                error = failed
                sock.close()
            else:
                return sock
        raise error
