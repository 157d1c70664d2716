"""What a request asks for, as far as the edge understands it; what it does not goes to Django."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.http.cookie import parse_cookie

from apps.edge import languages
from apps.replication import tokens
from apps.replication.conf import conf
from apps.replication.tokens import Token

# Whoever sends one of these wants something that depends on it.
SPEAKING = frozenset({b"authorization", b"range", b"if-range", b"content-length"})
SPEAKING_PREFIX = b"hx-"


class Key(NamedTuple):
    """What makes two requests the same: what is asked for, how, and by whom.

    The last two are empty for a visitor.
    """

    host: bytes
    scheme: tuple[str, bytes]
    path: bytes
    query: bytes
    language: str
    session: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that may be answered from memory.

    `kept` is the token that the browser has in its cookie, `token` that and what it was told since.
    """

    key: Key
    kept: Token
    token: Token
    takes_gzip: bool


def of(scope: Mapping[str, Any]) -> Ask | None:
    """Return what an ASGI request asks for; None where only Django can tell."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    headers = _simple(scope["headers"])
    if headers is None:
        return None
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    if cookies.keys() - _understood():
        return None
    session = cookies.get(settings.SESSION_COOKIE_NAME, "")
    csrf = cookies.get(settings.CSRF_COOKIE_NAME, "") if session else ""
    scheme = (scope["scheme"], headers.get(b"x-forwarded-proto", b""))
    host = headers.get(b"host", b"")
    language = languages.preferred(headers.get(b"accept-language", b"").decode("latin-1"))
    key = Key(host, scheme, scope["raw_path"], scope["query_string"], language, session, csrf)
    kept, token = _tokens(cookies)
    return Ask(key, kept, token, b"gzip" in headers.get(b"accept-encoding", b""))


def _simple(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """Return headers by name; None where one comes twice, or asks for something special."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in SPEAKING or name in found or name.startswith(SPEAKING_PREFIX):
            return None
        found[name] = value
    return found


def _understood() -> set[str]:
    told = {conf().cookie, conf().told_cookie}
    return told | {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}


def _tokens(cookies: Mapping[str, str]) -> tuple[Token, Token]:
    kept = _decoded(cookies.get(conf().cookie, ""))
    told = cookies.get(conf().told_cookie, "")
    if not told:
        return kept, kept
    token = dict(kept)
    tokens.merge(token, _decoded(told))
    return kept, token


@lru_cache(4096)
def _decoded(text: str) -> Token:
    return tokens.decode(text) if text else {}
