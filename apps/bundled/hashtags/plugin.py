"""Tags in posts: links, a page for each tag, and what trends."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.api.hooks import Marked, Trend
from apps.bundled.hashtags import selectors, services, texts, trending
from apps.kernel.cursors import Page
from apps.plugins.hooks import Entry
from apps.plugins.markers import hookimpl
from apps.posts.cards import Listed
from apps.posts.hooks import Mark
from apps.sharding import places


@hookimpl
def urls() -> list[URLPattern | URLResolver]:
    """The pages of tags."""
    return [path("", include("apps.bundled.hashtags.urls"))]


@hookimpl(keepable=True)
def mark_text(text: str) -> Sequence[Mark]:
    """Tags lead to their pages."""
    return texts.marks(text)


@hookimpl
def posts_loaded(post_ids: Sequence[int]) -> None:
    """List posts that came without events."""
    services.index(post_ids=post_ids)


@hookimpl(keepable=True)
def navigation(request: HttpRequest) -> Sequence[Entry]:
    """What trends has a page."""
    return [Entry(_("Trending"), reverse("hashtags:trending"), "hash")]


@hookimpl(keepable=True)
def column(request: HttpRequest) -> str | None:
    """What trends most, on every page."""
    top = tuple(trending.top()[: trending.IN_COLUMN])
    return _column(get_language(), top) if top else None


@hookimpl
def beat_schedule() -> Mapping[str, Mapping[str, Any]]:
    """What trends is found out every ten seconds."""
    return {"trending": {"task": "hashtags.trending", "schedule": 10.0, "options": {"expires": 10}}}


@hookimpl(optional=True)
def tagged_posts(tag: str) -> Sequence[Listed]:
    """The newest posts of a tag, for feeds."""
    return selectors.page(tag, viewer_id=None).items


@hookimpl
def named_in(text: str) -> Marked:
    """The tags of a text, for apps."""
    return Marked(tags=texts.tags(text))


@hookimpl
def tag_page(tag: str, before: int | None, viewer_id: int | None) -> Page[Listed]:
    """The posts of a tag, for apps."""
    return selectors.page(tag, place=places.below(before), viewer_id=viewer_id)


@hookimpl
def trending_tags() -> Sequence[Trend]:
    """What trends, for apps."""
    return [Trend(*trend) for trend in trending.top()]


@lru_cache
def _column(language: str | None, trends: tuple[trending.Trend, ...]) -> SafeString:
    """Return the list at the side, in the language of now."""
    return render_to_string("hashtags/_trending.html", {"trends": trends})
