"""Lists the process at its first request, and counts the requests in flight."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.grid import announcing


class InFlight:
    """The role is web; a process that serves ASGI has said its own before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        if hasattr(request, "scope"):
            return self.get_response(request)
        with announcing.announce("web").working():
            return self.get_response(request)
