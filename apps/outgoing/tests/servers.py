"""Real servers on this machine, as good or as bad as a test wants them."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from apps.outgoing.client import Rules


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Act = Callable[[socket.socket, Asked], None]


def answer(body=b"", status="200 OK", kind="text/html; charset=utf-8", **headers):
    """Return an act that answers with this."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines) + "\r\n\r\n"
    return lambda sock, asked: sock.sendall(head.encode() + body)


def endless(head, chunk, pause=0.0):
    """Return an act that goes on until the other side has had enough."""

    def act(sock, asked):
        sock.sendall(head)
        while not stopping.wait(pause):
            sock.sendall(chunk)

    stopping = threading.Event()
    return act


class Server:
    """Answers each path by an act, in a thread for each connection; knows what it was asked."""

    def __init__(self, tls=None):
        self.acts: dict[str, Act] = {}
        self.asked: list[Asked] = []
        self.names: list[str | None] = []
        self.tls = tls
        if tls:
            tls.sni_callback = lambda sock, name, context: self.names.append(name)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open: set[socket.socket] = set()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in list(self.open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _serve(self):
        with suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                threading.Thread(target=self._talk, args=(sock,), daemon=True).start()

    def _talk(self, sock):
        try:
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            self.open.add(sock)
            asked = _read(sock)
            self.asked.append(asked)
            self.acts.get(asked.path, answer(status="404 Not Found"))(sock, asked)
        except (OSError, ValueError):
            pass  # the other side has gone
        finally:
            sock.close()
            self.open.discard(sock)


def _read(sock):
    with sock.makefile("rb") as stream:
        method, path, _ = stream.readline().decode().split()
        headers = {}
        while (line := stream.readline().decode().strip()) != "":
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return Asked(method, path, headers, stream.read(int(headers.get("content-length", 0))))


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(tls)
    try:
        yield server
    finally:
        server.close()


def rules(*ports, names=None, tls=None):
    """Return rules by which names mean this machine, and it may be asked."""
    known = names or {}
    options = {"tls": tls} if tls else {}
    return Rules(
        resolve=lambda host, port: known.get(host, ["127.0.0.1"]),
        is_allowed=lambda address: address == "127.0.0.1",
        ports=frozenset(ports),
        **options,
    )
