"""What is around every answer of the API: pages of other sites may read it, and what is left."""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

OPEN = ("/api/", "/oauth/", "/.well-known/", "/nodeinfo/")
ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "86400",
}
EXPOSED = "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
# The pages on which a person decides are for that person's browser alone.
CLOSED = ("/oauth/authorize", "/oauth/apps")


class OpenToOthers:
    """Says to browsers who may read, and to apps how often they may ask.

    Only tokens give rights here, never cookies: so any site's page may ask.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request, one that asks only what it may do at once."""
        if not request.path.startswith(OPEN):
            return self.get_response(request)
        # Apps write addresses with a slash at the end, or without: both are meant.
        request.path_info = request.path_info.rstrip("/")
        if request.path.startswith(CLOSED):
            return self.get_response(request)
        is_question = request.method == "OPTIONS"
        response = HttpResponse(status=204) if is_question else self.get_response(request)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = EXPOSED
        for name, value in ALLOWED.items() if is_question else ():
            response[name] = value
        _say_what_is_left(request, response)
        return response


def _say_what_is_left(request: HttpRequest, response: HttpResponse) -> None:
    limit = getattr(request, "api_limit", None)
    if limit is None:
        return
    taken = getattr(request, "api_taken", None)
    seconds = taken.full_in(limit) if taken is not None else limit.pace.seconds
    left = limit.pace.times - math.ceil(seconds / limit.pace.interval - 1e-6)
    full_at = datetime.fromtimestamp(time.time() + seconds, UTC)
    response["X-RateLimit-Limit"] = str(limit.pace.times)
    response["X-RateLimit-Remaining"] = str(max(0, left))
    response["X-RateLimit-Reset"] = full_at.isoformat(timespec="milliseconds")[:-6] + "Z"
