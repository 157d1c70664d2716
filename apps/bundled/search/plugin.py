"""Searching posts: by words in the language of each post, phrases, tags and authors."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, include, path, reverse

from apps.bundled.search import services
from apps.plugins.hooks import Entry
from apps.plugins.markers import hookimpl


@hookimpl
def urls() -> list[URLPattern | URLResolver]:
    """The page of a search."""
    return [path("", include("apps.bundled.search.urls"))]


@hookimpl(keepable=True)
def navigation(request: HttpRequest) -> Sequence[Entry]:
    """Its page is for where the form at the side has no room."""
    return [Entry("Search", reverse("search:search"), "search")]


@hookimpl(order=-10, keepable=True)
def column(request: HttpRequest) -> str | None:
    """A form at the side of every page but its own."""
    there = request.path == reverse("search:search")
    return None if there else render_to_string("search/_form.html", {"place": "side"})


@hookimpl
def posts_loaded(post_ids: Sequence[int]) -> None:
    """Have posts be found that came without events."""
    services.index(post_ids=post_ids)
