"""Asking the pages that posts link to: each once an hour at most, whoever links to it."""

from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache

from apps.bundled.link_cards import markup
from apps.bundled.link_cards.markup import About
from apps.outgoing import client
from apps.outgoing.client import Limits
from apps.outgoing.errors import NotAllowed, Unreachable, Unwanted

KINDS = ("text/html", "application/xhtml+xml")
LIMITS = Limits(seconds=6.0, most=2**20, types=KINDS)
HEADERS = {"Accept": ", ".join(KINDS), "Accept-Language": "*"}
KEPT_SECONDS = 3600
# A server that does not answer is left alone so long: many links to it hold nobody up.
REST_SECONDS = 60


class Page(NamedTuple):
    """Where a link leads in the end, and what is said there."""

    url: str
    about: About


def read(url: str) -> Page | None:
    """Return what the page at a link says of itself, None where there is nothing to show."""
    key, host = f"link_cards:{sha256(url.encode()).hexdigest()}", urlsplit(url).hostname
    known = cache.get(key)
    if known is not None:
        return known or None
    if host == urlsplit(settings.SITE_URL).hostname or cache.get(f"link_cards:rests:{host}"):
        return None
    try:
        found = _ask(url)
    except Unreachable:
        cache.set(f"link_cards:rests:{host}", True, REST_SECONDS)
        return None
    cache.set(key, found or False, KEPT_SECONDS)
    return found


def _ask(url: str) -> Page | None:
    """Ask a server; raises Unreachable."""
    try:
        answer = client.get(url, headers=HEADERS, limits=LIMITS)
    except (NotAllowed, Unwanted):
        return None
    about = markup.read(answer.body, answer.charset, answer.url)
    return Page(answer.url, about) if answer.status == 200 and about.title else None
