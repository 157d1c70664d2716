"""Limits at the edge: what a view may be asked for, by whom and how often."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest

from apps.kernel import addresses
from apps.throttling import limits
from apps.throttling.conf import conf
from apps.throttling.limits import By, Limit

View = TypeVar("View", bound=Callable[..., Any])
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def client_of(request: HttpRequest) -> str:
    """Return what the asking address is counted as."""
    peer = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return addresses.household(addresses.client_of(peer, forwarded, conf().proxies))


def throttled(*held: Limit) -> Callable[[View], View]:
    """Hold limits by account or address over what a view does when it is written to.

    Raises TooMany before the view runs.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method in WRITES:
                limits.hold({limit: _who(limit, request) for limit in held})
            return view(request, *args, **kwargs)

        return cast(View, counted)

    return wrap


def _who(limit: Limit, request: HttpRequest) -> object:
    return request.user.pk if limit.by is By.ACCOUNT else client_of(request)
