"""Limits at the edge: what a view may be asked for, by whom and how often."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from apps.kernel import addresses
from apps.throttling import limits
from apps.throttling.conf import conf
from apps.throttling.limits import By, Limit

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def client_of(request: HttpRequest) -> str:
    """Return what the asking address is counted as."""
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return addresses.household(addresses.client_of(peer, forwarded, conf().proxies))


def throttled(*held: Limit) -> Callable[[View[P]], View[P]]:
    """Hold limits by account or address over what a view does when it is posted to.

    Raises TooMany before the view runs.
    """

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def counted(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method == "POST":
                limits.hold({limit: _who(limit, request) for limit in held})
            return view(request, *args, **kwargs)

        return counted

    return wrap


def _who(limit: Limit, request: HttpRequest) -> object:
    return request.user.pk if limit.by is By.ACCOUNT else client_of(request)
