"""Searching posts: by words in the language of each post, phrases, tags and authors."""

from collections.abc import Sequence
from functools import lru_cache

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.bundled.search import asking, selectors, services
from apps.kernel.cursors import Page
from apps.plugins.hooks import Entry
from apps.plugins.markers import hookimpl
from apps.posts.cards import Listed
from apps.sharding import places


@hookimpl
def urls() -> list[URLPattern | URLResolver]:
    """The page of a search."""
    return [path("", include("apps.bundled.search.urls"))]


@hookimpl(keepable=True)
def navigation(request: HttpRequest) -> Sequence[Entry]:
    """Its page is for where the form at the side has no room."""
    return [Entry(_("Search"), reverse("search:search"), "search")]


@hookimpl(order=-10, keepable=True)
def column(request: HttpRequest) -> str | None:
    """A form at the side of every page but its own."""
    there = request.path == reverse("search:search")
    return None if there else _form(get_language())


@hookimpl
def posts_loaded(post_ids: Sequence[int]) -> None:
    """Have posts be found that came without events."""
    services.index(post_ids=post_ids)


@hookimpl
def found_posts(text: str, before: int | None, viewer_id: int | None) -> Page[Listed]:
    """What a search finds, for apps."""
    return selectors.page(asking.parse(text), place=places.below(before), viewer_id=viewer_id)


@lru_cache
def _form(language: str | None) -> SafeString:
    """Return the form at the side, in the language of now."""
    return render_to_string("search/_form.html", {"place": "side"})
