"""The one place where a refusal becomes an answer over HTTP."""

import logging
from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode, urlsplit

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.errors import NoSuchAccount, NotAllowed
from apps.api import errors as api
from apps.kernel.errors import BadCursor, RookeryError
from apps.plugins.errors import PluginFailed, Unanswered
from apps.posts.errors import NoSuchDraft, NoSuchPost, NotTheAuthor
from apps.replication import retries
from apps.throttling.errors import TooMany

log = logging.getLogger("apps.refusals")

# Every other refusal is the request's own fault: 400.
STATUS: dict[type[RookeryError], int] = {
    BadCursor: 404,
    NoSuchAccount: 404,
    NoSuchPost: 404,
    NoSuchDraft: 404,
    NotAllowed: 403,
    NotTheAuthor: 403,
    api.NotFound: 404,
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
        response = self.get_response(request)
        if _is_part(request) and _leads_to(response) == reverse("accounts:sign-in"):
            # Followed by htmx it would put the page of signing in where a button was.
            return HttpResponse(status=204, headers={"HX-Redirect": _sign_in_first(request)})
        return response

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
        if api.is_api(request.path):
            return _refusal_to_an_app(error)
        if _is_part(request):
            return _in_a_line(error)
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


def broken(request: HttpRequest) -> HttpResponse:
    """Answer for a fault of ours, and ask no server; what was being written waits in a form."""
    context = {"csrf_token": get_token(request), "path": request.get_full_path()}
    page = render_to_string("500.html", context | _draft(request))
    return HttpResponse(page, status=500, headers={"Cache-Control": "no-store"})


def _is_part(request: HttpRequest) -> bool:
    """Tell whether htmx asked, for a part of a page that stays."""
    return bool(request.headers.get("HX-Request"))


def _leads_to(response: HttpResponse) -> str:
    return urlsplit(response["Location"]).path if response.status_code == 302 else ""


def _sign_in_first(request: HttpRequest) -> str:
    """Return where who was signed out meanwhile signs in, to come back to the page."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    back = f"{page.path}?{page.query}" if page.query else page.path
    return f"{reverse('accounts:sign-in')}?{urlencode({'next': back or '/'})}"


def _in_a_line(error: Exception) -> HttpResponse | None:
    """Say in plain text what was refused: rookery.js shows it over the page."""
    if isinstance(error, OperationalError | InterfaceError):
        log.error("A database is away: %s", error)
        reason, status, wait = _("A part of the site is away. Try again soon."), 503, RETRY_AFTER
    elif isinstance(error, TooMany):
        reason, status, wait = str(error), 429, error.wait
    elif isinstance(error, RookeryError):
        reason, status, wait = str(error), STATUS.get(type(error), 400), 0
    else:
        return None
    headers = {"Retry-After": str(wait)} if wait else {}
    return HttpResponse(reason, content_type="text/plain", status=status, headers=headers)


def _refusal_to_an_app(error: Exception) -> HttpResponse | None:
    if isinstance(error, OperationalError | InterfaceError):
        log.error("A database is away: %s", error)
        return api.answer(RookeryError("A server is away. Try again."), 503, RETRY_AFTER)
    if isinstance(error, Http404):
        return api.answer(error, 404)
    if isinstance(error, RookeryError):
        wait = error.wait if isinstance(error, TooMany) else 0
        return api.answer(error, STATUS.get(type(error), 422), wait)
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
    lacks_files = bool(request.FILES) and not request.POST.get("pictures")
    return {"draft": request.POST.get("text"), "fields": fields, "lacks_files": lacks_files}
