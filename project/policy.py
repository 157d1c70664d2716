"""What browsers may do with our pages: no script and no style but our own files, no frames."""

from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

SELF, NONE = "'self'", "'none'"
# What no page of ours uses, nobody who finds a way in is to use.
UNUSED = ("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
PERMISSIONS = ", ".join(f"{name}=()" for name in (*UNUSED, "browsing-topics"))


def directives(
    site_url: str, push_url: str, doors: Collection[str] = (), pictures: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return the Content-Security-Policy: each kind of thing, and where it may come from.

    `doors` are where a form may lead to: the sites that people sign in through. `pictures` are
    where pictures come from, beside the site.
    """
    return {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:", *pictures],
        "connect-src": [SELF, *_sockets(site_url, push_url)],
        "manifest-src": [SELF],
        "form-action": [SELF, *doors],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }


def _sockets(site_url: str, push_url: str) -> list[str]:
    """Return where push may be: not every browser counts a socket to the site as the site."""
    found: dict[str, None] = {}
    for scheme, host, *_ in map(urlsplit, (site_url, push_url)):
        schemes = ("wss", "https") if scheme in ("https", "wss") else ("ws", "http")
        found |= dict.fromkeys(f"{each}://{host}" for each in schemes if host)
    return list(found)


class Browsers:
    """Switches off in browsers what no page uses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response
