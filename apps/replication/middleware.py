"""One scope a request: the token comes in by cookie and goes out by cookie, further on."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.replication import positions, scopes, servers, tokens
from apps.replication.conf import conf

A_YEAR = 365 * 24 * 3600
HEADER = "Rookery-Read"
LONGEST_HEADER = 500


class FreshReads:
    """Keeps a browser from reading behind what it has seen or written, or was told of."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request in the scope of its reader."""
        before = tokens.decode(request.COOKIES.get(conf().cookie))
        token = dict(before)
        tokens.merge(token, tokens.decode(request.COOKIES.get(conf().told_cookie)))
        with scopes.scope(token) as scope:
            response = self.get_response(request)
            positions.settle()
        if scope.token != before and not scope.kept_elsewhere:
            keep(response, scope.token)
        if settings.DEBUG:
            response[HEADER] = answered_by(scope)
        return response


def answered_by(scope: scopes.Scope) -> str:
    """Return which servers answered, and how far the replicas among them are behind."""
    parts = [
        f"{group}={alias}{'' if alias == group else _lag(alias)}"
        for group, aliases in sorted(scope.answered.items())
        for alias in sorted(aliases)
    ]
    return "; ".join(parts)[:LONGEST_HEADER]


def _lag(alias: str) -> str:
    return f" lag={servers.seconds_behind(alias) * 1000:.0f}ms"


def keep(response: HttpResponse, token: tokens.Token) -> None:
    """Have the browser keep a token."""
    response.set_cookie(
        conf().cookie,
        tokens.encode(token),
        max_age=A_YEAR,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
