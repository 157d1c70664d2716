"""Asking servers that strangers name, without being led where only we may go.

Every address that a name stands for must be public, and the connection goes to the very address
that was checked: a name that means something else a moment later changes nothing. The same holds
for each redirect. Nothing is sent that was not asked for: no cookies, no passwords, no proxies.
"""

import http.client
import socket
import ssl
import zlib
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from http.client import HTTPResponse

from django.conf import settings

from apps.outgoing import addresses, bodies, targets
from apps.outgoing.deadlines import Deadline
from apps.outgoing.errors import NotAllowed, Unreachable, Unwanted
from apps.outgoing.targets import Target
from apps.outgoing.wires import Wire

REDIRECTS = (301, 302, 303, 307, 308)
BROKEN = (OSError, http.client.HTTPException, zlib.error)


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the system knows them; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


@dataclass(frozen=True)
class Rules:
    """Whom we may ask. Tests have rules of their own, to ask servers on this machine."""

    resolve: Callable[[str, int], list[str]] = resolve
    is_allowed: Callable[[str], bool] = addresses.is_public
    ports: Container[int] = frozenset(targets.PORTS.values())
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)


@dataclass(frozen=True)
class Limits:
    """What a request may take: `seconds` for all of it, redirects too, `most` bytes of the body.

    Only an answer of one of `types` is read, of any where that is empty.
    """

    seconds: float = 10.0
    most: int = 512 * 1024
    redirects: int = 3
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a server answered; `url` is where, after redirects."""

    status: int
    url: str
    kind: str
    charset: str | None
    body: bytes


RULES = Rules()


def get(url: str, *, headers: Mapping[str, str], limits: Limits) -> Answer:
    """Ask for a page; raises NotAllowed, Unreachable, Unwanted."""
    target, deadline = targets.parse(url), Deadline(limits.seconds)
    for _ in range(limits.redirects + 1):
        answer = _ask("GET", target, None, headers, limits, deadline)
        if isinstance(answer, Answer):
            return answer
        target = answer
    raise NotAllowed(f"{target.host} sends on and on. Give the address that it leads to.")


def post(url: str, body: bytes, *, headers: Mapping[str, str], limits: Limits) -> Answer:
    """Send a body; raises NotAllowed, also where it is sent on, Unreachable, Unwanted."""
    answer = _ask("POST", targets.parse(url), body, headers, limits, Deadline(limits.seconds))
    if isinstance(answer, Target):
        raise NotAllowed(f"It sends on to {answer.url}. Give that address if it is meant.")
    return answer


def _ask(
    method: str,
    target: Target,
    body: bytes | None,
    headers: Mapping[str, str],
    limits: Limits,
    deadline: Deadline,
) -> Answer | Target:
    """Ask once; returns the answer, or where we are sent to."""
    try:
        wire = Wire(target, _checked(target, deadline), deadline, RULES.tls)
        try:
            wire.request(method, target.path, body, {**_own_headers(), **headers})
            return _answer(target, wire.getresponse(), limits)
        finally:
            wire.close()
    except BROKEN as error:
        raise Unreachable(target.host, error or type(error).__name__) from error


def _checked(target: Target, deadline: Deadline) -> list[str]:
    """Return the addresses of a target, if all of them may be asked; raises NotAllowed, OSError."""
    if target.port not in RULES.ports:
        raise NotAllowed(f"Port {target.port} is not asked. Use 80 or 443.")
    found = deadline.wait_for(lambda: RULES.resolve(target.host, target.port))
    if not found or not all(map(RULES.is_allowed, found)):
        raise NotAllowed(f"{target.host} is not on the public internet. Give a public address.")
    return found


def _own_headers() -> dict[str, str]:
    return {
        "User-Agent": settings.OUTGOING_AGENT,
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }


def _answer(target: Target, response: HTTPResponse, limits: Limits) -> Answer | Target:
    location = response.getheader("Location")
    if response.status in REDIRECTS and location:
        return targets.follow(target, location)
    kind, packing = response.headers.get_content_type(), response.getheader("Content-Encoding", "")
    if limits.types and kind not in limits.types:
        raise Unwanted(target.host, kind)
    packing = packing.strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        raise Unwanted(target.host, packing)
    body = bodies.read(response, limits.most, packed="gzip" in packing)
    charset = response.headers.get_content_charset()
    return Answer(response.status, target.url, kind, charset, body)
