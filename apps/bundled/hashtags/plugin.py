"""Tags in posts: links, and a page for each tag."""

from collections.abc import Sequence

from django.urls import URLPattern, URLResolver, include, path

from apps.bundled.hashtags import services, texts
from apps.plugins.markers import hookimpl
from apps.posts.hooks import Mark


@hookimpl
def urls() -> list[URLPattern | URLResolver]:
    """The pages of tags."""
    return [path("", include("apps.bundled.hashtags.urls"))]


@hookimpl
def mark_text(text: str) -> Sequence[Mark]:
    """Tags lead to their pages."""
    return texts.marks(text)


@hookimpl
def posts_loaded(post_ids: Sequence[int]) -> None:
    """List posts that came without events."""
    services.index(post_ids=post_ids)
