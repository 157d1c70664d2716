"""What the site is, what it can, and who is where on it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.accounts import selectors as accounts
from apps.api import params
from apps.api.endpoints import View, Who, endpoint
from apps.api.entities import instances, shapes
from apps.api.errors import NotFound
from apps.api.views.accounts import local_name
from apps.push import views as push

NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/2.0"


@endpoint(who=Who.ANYBODY)
def first(request: HttpRequest) -> dict[str, Any]:
    """Say what the site is, as apps of before ask."""
    return instances.first()


@endpoint(who=Who.ANYBODY)
def second(request: HttpRequest) -> dict[str, Any]:
    """Say what the site is."""
    return instances.second()


@endpoint("read:accounts")
def preferences(request: HttpRequest) -> dict[str, Any]:
    """Say how an account likes to write and read."""
    return {
        "posting:default:visibility": "public",
        "posting:default:sensitive": False,
        "posting:default:language": None,
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
    }


def empty(scope: str = "", who: Who = Who.ACCOUNT) -> View:
    """Return a view of a list of what this site has none of."""

    @endpoint(scope, who=who)
    def show(request: HttpRequest, **_: Any) -> list[Any]:
        """Show that there is none."""
        return []

    return show


@endpoint(who=Who.ANYBODY)
def not_there(request: HttpRequest) -> None:
    """Answer for every address that is none."""
    raise NotFound


def streaming(request: HttpRequest, stream: str = "") -> HttpResponse:
    """Lead an app to the push process, which has a port of its own."""
    return push.led(request, "/api/v1/streaming")


@endpoint(who=Who.ANYBODY)
def webfinger(request: HttpRequest) -> JsonResponse:
    """Say where an account of this site is (RFC 7033)."""
    resource = params.of(request).text("resource")
    kind, _, name = resource.partition(":")
    if kind in ("http", "https"):
        name = resource.removeprefix(f"{settings.SITE_URL}/")
    elif kind != "acct" or "@" not in name:
        raise NotFound
    card = accounts.profile_named(local_name(name))
    page = shapes.full(card.url)
    link = {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page}
    found = {
        "subject": f"acct:{card.username}@{shapes.domain()}",
        "aliases": [page],
        "links": [link],
    }
    return JsonResponse(found, content_type="application/jrd+json")


@endpoint(who=Who.ANYBODY)
def nodeinfo_places(request: HttpRequest) -> dict[str, Any]:
    """Say where it is told what software this is."""
    return {"links": [{"rel": NODEINFO, "href": shapes.full("/nodeinfo/2.0")}]}


@endpoint(who=Who.ANYBODY)
def nodeinfo(request: HttpRequest) -> dict[str, Any]:
    """Say what software this is."""
    counts = instances.counts()
    return {
        "version": "2.0",
        "software": {"name": "rookery", "version": "0.1.0"},
        "protocols": [],
        "services": {"outbound": ["atom1.0", "rss2.0"], "inbound": []},
        "usage": {
            "users": {"total": counts["user_count"]},
            "localPosts": counts["status_count"],
        },
        "openRegistrations": True,
        "metadata": {"nodeName": settings.SITE_NAME},
    }
