"""Posts in order of time: home, public, tags; what trends."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from apps.accounts.requests import account_of, viewer_of
from apps.api import hooks, params, windows
from apps.api.endpoints import Answer, Who, endpoint, shown
from apps.api.entities import shapes, statuses
from apps.kernel.cursors import Page
from apps.plugins import calls
from apps.posts import selectors as posts
from apps.posts.cards import Listed
from apps.sharding import places
from apps.timelines import selectors as timelines

Fetch = Callable[[int | None], Page[Listed]]


@endpoint("read:statuses")
def home(request: HttpRequest) -> Answer:
    """Show what an account and those it follows wrote."""
    account_id = account_of(request).pk
    return _shown(
        request, lambda before: timelines.home_page(account_id, place=places.below(before))
    )


@endpoint("read:statuses", who=Who.ANYBODY)
def public(request: HttpRequest) -> Answer:
    """Show what everybody here wrote; from elsewhere there is nothing."""
    said, viewer_id = params.of(request), viewer_of(request)
    if said.flag("remote"):
        return Answer([])
    return _shown(
        request, lambda before: posts.public_page(place=places.below(before), viewer_id=viewer_id)
    )


@endpoint("read:statuses", who=Who.ANYBODY)
def tag(request: HttpRequest, tag: str) -> Answer:
    """Show the posts that carry a tag."""
    said, viewer_id, name = params.of(request), viewer_of(request), tag.lower()
    if said.flag("remote"):
        return Answer([])

    def fetch(before: int | None) -> Page[Listed]:
        found = calls.gather(hooks.tag_page, tag=name, before=before, viewer_id=viewer_id)
        return found[0] if found else Page([])

    return _shown(request, fetch)


@endpoint(who=Who.ANYBODY)
def trends(request: HttpRequest) -> list[dict[str, Any]]:
    """Show the tags that are used most just now."""
    found = [trend for some in calls.gather(hooks.trending_tags) for trend in some]
    limit = params.of(request).number("limit", 10, 20)
    return [tag_entity(trend.tag, trend.posts) for trend in found[:limit]]


@endpoint(who=Who.ANYBODY)
def one_tag(request: HttpRequest, tag: str) -> dict[str, Any]:
    """Show a tag."""
    return tag_entity(tag.lower()) | {"following": False}


def tag_entity(tag: str, count: int = 0) -> dict[str, Any]:
    """Return a tag, with how many posts of the last day carry it."""
    history = [{"day": "0", "uses": str(count), "accounts": str(count)}] if count else []
    return {"name": tag, "url": shapes.full(f"/tags/{tag}"), "history": history}


def _shown(request: HttpRequest, fetch: Fetch) -> Answer:
    only_media = params.of(request).flag("only_media")
    found = windows.look(
        fetch,
        windows.of(request),
        key=lambda one: one.item_id,
        keep=lambda one: bool(one.stored.pictures) or not only_media,
    )
    return shown(request, found, statuses.many(found.items))
