"""What every address of the API has in common: who may ask, how often, and how it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from apps.api import bearers, places, windows
from apps.api.bearers import Bearer
from apps.api.errors import NoAccount, OutOfScope, Unauthorized
from apps.api.limits import API, API_ADDRESS, BAD_TOKEN
from apps.api.windows import Found
from apps.throttling import limits
from apps.throttling.views import client_of

View = Callable[..., HttpResponse]


class Who(Enum):
    """Whose token is asked for."""

    ANYBODY = "anybody"
    APP = "an app, with an account or without"
    ACCOUNT = "an account"


@dataclass(frozen=True)
class Answer:
    """Data with a status and headers of its own."""

    data: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def endpoint(scope: str = "", *, who: Who = Who.ACCOUNT) -> Callable[[Callable[..., Any]], View]:
    """Have a function answer an address of the API: it returns what becomes JSON.

    `request.user` is the token's account; a session in a cookie is not looked at, so no other site
    can have a browser ask. Raises Unauthorized, OutOfScope, NoAccount, TooMany.
    """

    def decorate(function: Callable[..., Any]) -> View:
        @wraps(function)
        def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            bearer = _bearer(request)
            _permit(bearer, scope, who)
            _hold(request, bearer)
            if bearer is None:
                return _answered(function(request, **kwargs))
            with places.remembered(bearer.checksum):
                return _answered(function(request, **kwargs))

        view.api_scope, view.api_who = scope, who  # type: ignore[attr-defined]
        return view

    return decorate


def by(**views: View) -> View:
    """Return a view that asks another one for each method: `by(GET=show, PUT=change)`."""

    @csrf_exempt
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in views:
            error = JsonResponse({"error": f"Ask with {' or '.join(views)}"}, status=405)
            error["Allow"] = ", ".join(views)
            return error
        return views[method](request, **kwargs)

    view.api_views = views  # type: ignore[attr-defined]
    return view


def shown(request: HttpRequest, found: Found[Any], data: Any) -> Answer:
    """Return the answer for a window, with its Link header."""
    link = windows.link(request, found)
    return Answer(data, headers={"Link": link} if link else {})


def bearer_of(request: HttpRequest) -> Bearer:
    """Return the token that a request came with; only where one is asked for."""
    found: Bearer = request.bearer  # type: ignore[attr-defined]
    return found


def _bearer(request: HttpRequest) -> Bearer | None:
    try:
        bearer = bearers.of(request)
    except Unauthorized:
        limits.hold({BAD_TOKEN: client_of(request)})
        raise
    request.bearer = bearer  # type: ignore[attr-defined]
    request.user = (bearer and bearer.account) or AnonymousUser()  # type: ignore[assignment]
    return bearer


def _permit(bearer: Bearer | None, scope: str, who: Who) -> None:
    if bearer is None:
        if who is not Who.ANYBODY:
            raise Unauthorized
    elif not bearer.allows(scope):
        raise OutOfScope
    elif who is Who.ACCOUNT and bearer.account is None:
        raise NoAccount


def _hold(request: HttpRequest, bearer: Bearer | None) -> None:
    """Count the request; what is left goes into the headers of whatever is answered."""
    account = bearer.account if bearer is not None else None
    limit, whose = (API, account.pk) if account else (API_ADDRESS, client_of(request))
    request.api_limit = limit  # type: ignore[attr-defined]
    request.api_taken = limits.hold({limit: whose})  # type: ignore[attr-defined]


def _answered(found: Any) -> HttpResponse:
    if isinstance(found, HttpResponse):
        return found
    answer = found if isinstance(found, Answer) else Answer(found)
    response = JsonResponse(answer.data, safe=False, status=answer.status, headers=answer.headers)
    response["Cache-Control"] = "private, no-store"
    return response
