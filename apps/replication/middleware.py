"""One scope a request: the token comes in by cookie and goes out by cookie, further on."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.replication import positions, scopes, tokens
from apps.replication.conf import conf

A_YEAR = 365 * 24 * 3600


class FreshReads:
    """Keeps a browser from reading behind what it has seen or written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request in the scope of its reader."""
        name = conf().cookie
        before = tokens.decode(request.COOKIES.get(name))
        with scopes.scope(before) as scope:
            response = self.get_response(request)
            positions.settle()
        if scope.token != before:
            response.set_cookie(
                name,
                tokens.encode(scope.token),
                max_age=A_YEAR,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response
