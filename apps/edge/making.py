"""A page out of an answer of Django's: only where the next one would be the same."""

import time
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.edge.asks import Ask
from apps.edge.pages import Generation, Header, Page
from apps.grid.backend import NearCache
from apps.grid.near_cache import LONGEST, clock
from apps.kernel.dependencies import Dependencies
from apps.replication import tokens
from apps.replication.conf import conf
from apps.replication.tokens import Token

# Of each answer its own; and what says how the body is sent, which the edge says itself.
OWN = frozenset(
    {"content-length", "date", "server", "connection", "x-request-id", "vary", "rookery-read"}
)
VARIES = frozenset({"cookie", "accept-encoding", "accept-language"})


def why_not(request: HttpRequest, response: HttpResponseBase, found: Dependencies) -> str:
    """Return why an answer must not be given to anybody else; empty where it may."""
    if response.status_code != 200 or response.streaming:
        return f"status {response.status_code}" + (", streamed" if response.streaming else "")
    if "no-store" in response.get("Cache-Control", ""):
        return "it says no-store"
    varies = {name.strip().lower() for name in response.get("Vary", "").split(",") if name.strip()}
    if varies - VARIES:
        return f"it varies by {', '.join(sorted(varies - VARIES))}"
    changed = [name for name in response.cookies if _is_new(name, request, response)]
    return f"it sets the cookie {changed[0]}" if changed else found.spoiled


class Begun(NamedTuple):
    """When an answer was begun, and what was known then.

    That is how far each group was, and what all pages depend on.
    """

    at: float
    basis: Token
    generation: Generation


def page_of(ask: Ask, begun: Begun, response: HttpResponse, found: Dependencies) -> Page:
    """Return the page that an answer is.

    One that is right only now was made from what its own reader had seen, and is past at once.
    """
    token = dict(ask.token)
    until = clock() + min(LONGEST, found.until - time.time())
    if conf().cookie in response.cookies:
        token = tokens.decode(response.cookies[conf().cookie].value)
    return Page(
        key=ask.key,
        status=response.status_code,
        headers=_headers(response),
        body=response.content,
        basis=tokens.sure(ask.token) if found.passing else begun.basis,
        token=token,
        versions=dict(found.versions),
        until=0.0 if found.passing else until,
        generation=begun.generation,
        begun=begun.at,
    )


def session_version(ask: Ask) -> Mapping[str, object]:
    """Return what a session has in place of a version: what memory has of it, None for nothing."""
    if not ask.key.session:
        return {}
    cache = cast(NearCache, caches[settings.SESSION_CACHE_ALIAS])
    name = cache.near_key(_store()(ask.key.session).cache_key)
    entry = cache.near.find(name)
    return {name: entry.value if entry else None}


@cache
def _store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore


def _headers(response: HttpResponse) -> tuple[Header, ...]:
    found = [(name, value) for name, value in response.items() if name.lower() not in OWN]
    found.append(("Vary", ", ".join(filter(None, [response.get("Vary", ""), "Accept-Encoding"]))))
    cookies = [("Set-Cookie", c.OutputString()) for n, c in response.cookies.items() if _stays(n)]
    pairs = [*found, *cookies]
    return tuple((name.lower().encode(), value.encode("latin-1")) for name, value in pairs)


def _is_new(name: str, request: HttpRequest, response: HttpResponseBase) -> bool:
    """Tell whether a cookie is another one than the request brought; the token's always may be."""
    return _stays(name) and request.COOKIES.get(name) != response.cookies[name].value


def _stays(name: str) -> bool:
    return name != conf().cookie
