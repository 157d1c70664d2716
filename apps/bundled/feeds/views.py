"""Feeds over HTTP: unchanged ones are answered with 304 and no body."""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from apps.bundled.feeds import changes, documents, selectors
from apps.bundled.feeds.documents import Feed

FORMS: dict[str, tuple[str, Callable[[Feed], bytes]]] = {
    "atom": ("application/atom+xml; charset=utf-8", documents.atom),
    "json": ("application/feed+json; charset=utf-8", documents.json_feed),
}


@require_safe
def profile(request: HttpRequest, username: str, form: str) -> HttpResponse:
    """Answer with what an account wrote."""
    return _answer(request, selectors.of_profile(username), form)


@require_safe
def tag(request: HttpRequest, tag: str, form: str) -> HttpResponse:
    """Answer with the newest posts of a tag."""
    return _answer(request, selectors.of_tag(tag), form)


def _answer(request: HttpRequest, feed: Feed, form: str) -> HttpResponse:
    kind, write = FORMS[form]
    body = write(feed)
    fingerprint = hashlib.sha256(body).hexdigest()[:32]
    url = feed.atom_url if form == "atom" else feed.json_url
    at = int(changes.changed_at(url, fingerprint).timestamp())
    response = HttpResponse(body, content_type=kind)
    response["Last-Modified"] = http_date(at)
    response["ETag"] = etag = quote_etag(fingerprint)
    # To be asked for each time, and answered with 304 mostly.
    response["Cache-Control"] = "no-cache"
    found = get_conditional_response(request, etag, at, response)
    return found or response
