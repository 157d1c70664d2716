"""The outermost middleware: notes what an answer depends on, and gives it to those who wait."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.caching import memory, recent
from apps.edge import making, sharing
from apps.edge.flights import SCOPE, Flight
from apps.edge.pages import generation
from apps.kernel import dependencies
from apps.kernel.dependencies import Dependencies
from apps.replication import tokens
from apps.sharding import directory

HEADER = "Rookery-Kept"


class KeptPages:
    """Works for requests that came through the edge; others it lets pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        flight: Flight | None = request.META.get("asgi.scope", {}).get(SCOPE)
        if flight is None:
            return self.get_response(request)
        basis = dict(memory.confirmed())
        tokens.merge(basis, directory.current().floor)
        tokens.merge(basis, tokens.sure(flight.ask.token))
        begun = making.Begun(time.time(), basis, generation())
        with dependencies.collecting() as found, recent.remembering(flight.names):
            dependencies.depends(making.session_version(flight.ask))
            response = self.get_response(request)
            why = _land(flight, begun, request, response, found)
        if settings.DEBUG:
            response[HEADER] = f"no: {why}" if why else "yes"
        return response


def _land(
    flight: Flight,
    begun: making.Begun,
    request: HttpRequest,
    response: HttpResponse,
    found: Dependencies,
) -> str:
    why = making.why_not(request, response, found)
    page = None if why else making.page_of(flight.ask, begun, response, found)
    flight.land(page)
    sharing.give(flight.turn, page)
    return why or found.passing
