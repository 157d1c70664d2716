"""Atom and JSON feeds of each profile and each tag."""

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.html import format_html, format_html_join

from apps.accounts.selectors import ProfileCard
from apps.plugins.markers import hookimpl

# Pages that have a feed: the name of its view, and the argument that both take.
PAGES = {"timelines:profile": ("feeds:profile", "username"), "hashtags:tag": ("feeds:tag", "tag")}
LINK = '<link rel="alternate" type="{}" href="{}">'
TYPES = {"atom": "application/atom+xml", "json": "application/feed+json"}


@hookimpl
def urls() -> list[URLPattern | URLResolver]:
    """The feeds."""
    return [path("", include("apps.bundled.feeds.urls"))]


@hookimpl(keepable=True)
def head(request: HttpRequest) -> str | None:
    """Programs that read feeds find them here."""
    match = request.resolver_match
    if match is None or match.view_name not in PAGES:
        return None
    view, argument = PAGES[match.view_name]
    name = match.kwargs[argument]
    links = ((kind, reverse(view, args=[name, form])) for form, kind in TYPES.items())
    return format_html_join("", LINK, links)


@hookimpl(keepable=True)
def profile_part(profile: ProfileCard) -> str:
    """People find them on the profile."""
    atom, json = (reverse("feeds:profile", args=[profile.username, form]) for form in TYPES)
    text = '<p class="count">Follow by feed: <a href="{}">Atom</a>, <a href="{}">JSON</a></p>'
    return format_html(text, atom, json)
