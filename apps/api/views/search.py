"""Searching accounts, tags and posts at once."""

from typing import Any

from django.http import HttpRequest

from apps.accounts.requests import viewer_of
from apps.api import hooks, params
from apps.api.endpoints import Who, endpoint
from apps.api.entities import accounts, statuses
from apps.api.params import Params
from apps.api.views.accounts import beginning_with
from apps.api.views.timelines import tag_entity
from apps.plugins import calls

MOST = 40


@endpoint("read:search", who=Who.ANYBODY)
def search(request: HttpRequest) -> dict[str, Any]:
    """Find accounts by how their names begin, the tag that is named, and posts by words."""
    said, viewer_id = params.of(request), viewer_of(request)
    text, kind = said.text("q").strip(), said.text("type")
    limit = said.number("limit", 20, MOST)
    found: dict[str, list[Any]] = {"accounts": [], "statuses": [], "hashtags": []}
    if text and kind in ("", "accounts") and not said.id("offset"):
        found["accounts"] = accounts.listed(beginning_with(text, limit, viewer_id))
    if text and kind in ("", "hashtags"):
        found["hashtags"] = _tags(text)
    if text and kind in ("", "statuses"):
        found["statuses"] = _statuses(said, text, viewer_id)[:limit]
    return found


def _tags(text: str) -> list[dict[str, Any]]:
    word = text.removeprefix("#")
    named = statuses.marked(f"#{word}").tags
    return [tag_entity(tag) for tag in named] if " " not in word else []


def _statuses(said: Params, text: str, viewer_id: int | None) -> list[dict[str, Any]]:
    """Return a page of posts; further ones by `max_id`, since no list here is paged by a number."""
    before = said.id("max_id")
    pages = calls.ask(hooks.found_posts, text=text, before=before, viewer_id=viewer_id)
    return statuses.many([one for page in pages for one in page.items])
