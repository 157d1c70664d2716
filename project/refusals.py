"""The one place where a refusal becomes an answer over HTTP."""

import logging
from collections.abc import Callable
from functools import partial

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.errors import NoSuchAccount, NotAllowed
from apps.kernel.errors import BadCursor, RookeryError
from apps.plugins.errors import PluginFailed, Unanswered
from apps.posts.errors import NoSuchPost, NotTheAuthor
from apps.replication import retries
from apps.throttling.errors import TooMany

log = logging.getLogger("apps.refusals")

# Every other refusal is the request's own fault: 400.
STATUS: dict[type[RookeryError], int] = {
    BadCursor: 404,
    NoSuchAccount: 404,
    NoSuchPost: 404,
    NotAllowed: 403,
    NotTheAuthor: 403,
    PluginFailed: 503,
}
PAGES = {400: "400.html", 403: "403.html", 404: "404.html", 503: "plugins/failed.html"}
RETRY_AFTER = 10
SAFE = ("GET", "HEAD")
# Of a form that comes back, what is shown anew or made anew.
NOT_KEPT = {"text", "csrfmiddlewaretoken"}


class Refusals:
    """Turns what a view refused, or a server that is away, into a page that says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request; refusals come by `process_exception`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for an exception that a view raised; None leaves it to Django."""
        found = request.resolver_match
        if found is not None and not request.FILES and retries.is_lost(error):
            try:
                view = partial(found.func, request, *found.args, **found.kwargs)
                # What carries a key is done once, however often it is sent.
                return retries.again(view, error, is_keyed="key" in request.POST)
            except Exception as later:
                error = later
        return self._refusal(request, error)

    def _refusal(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, TooMany):
            return _too_many(request, error)
        if isinstance(error, Unanswered):
            return _unavailable(request)
        if isinstance(error, RookeryError):
            status = STATUS.get(type(error), 400)
            return _page(request, status, {"reason": str(error)})
        if isinstance(error, OperationalError | InterfaceError):
            log.error("A database is away: %s", error)
            return _unavailable(request)
        return None


def _unavailable(request: HttpRequest) -> HttpResponse:
    """Say that a part is away; what was being written stays, in a form that sends it again."""
    context = {"retry_after": RETRY_AFTER, "is_read": request.method in SAFE}
    return _page(request, 503, context | _draft(request), "503.html")


def _page(
    request: HttpRequest, status: int, context: dict[str, object], template: str = ""
) -> HttpResponse:
    response = render(request, template or PAGES[status], context, status=status)
    if status == 503:
        response["Retry-After"] = str(RETRY_AFTER)
        response["Cache-Control"] = "no-store"
    return response


def _too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
    """Say when to try again; what was being written waits in a form, all its fields with it."""
    response = render(request, "429.html", {"reason": str(error)} | _draft(request), status=429)
    response["Retry-After"] = str(error.wait)
    return response


def _draft(request: HttpRequest) -> dict[str, object]:
    fields = [(name, value) for name, value in request.POST.items() if name not in NOT_KEPT]
    return {"draft": request.POST.get("text", ""), "fields": fields}
