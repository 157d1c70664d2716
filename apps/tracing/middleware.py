"""Each request gets its id: that of a trusted proxy, or a new one; the answer says which."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.kernel import addresses
from apps.tracing import trace

HEADER = "X-Request-ID"


class Traced:
    """Serves a request under its id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        request_id = _given(request) or trace.fresh()
        with trace.scope(request_id):
            response = self.get_response(request)
        response[HEADER] = request_id
        return response


def _given(request: HttpRequest) -> str:
    if not addresses.is_among(request.META.get("REMOTE_ADDR", ""), settings.TRUSTED_PROXIES):
        return ""
    return trace.accepted(request.headers.get(HEADER, ""))
