"""The language of an answer: the account's, else the one that the browser asks for."""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from apps.edge import languages

# What is for operators alone is written in one language.
UNTRANSLATED = ("/admin/", "/metrics", "/health/")


class Spoken:
    """Middleware: has a request answered in its reader's language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if request.path.startswith(UNTRANSLATED):
            return self.get_response(request)
        language = _of_account(request) or languages.preferred(
            request.headers.get("Accept-Language", "")
        )
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language",))
        return response


def _of_account(request: HttpRequest) -> str:
    """Return what a signed-in account has chosen; empty for nothing.

    Only a request with a session is looked at: a visitor's answer must not depend on cookies.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    try:
        return str(getattr(request.user, "language", ""))
    except DatabaseError:
        # The view meets this too, where it becomes a page that says so.
        return ""
