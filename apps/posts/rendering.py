"""Texts as HTML, with what plugins mark in them; kept by text, until a plugin is switched."""

from functools import lru_cache
from typing import NamedTuple

from django.utils.safestring import SafeString

from apps.plugins import calls
from apps.posts import hooks, texts

KEPT = 4096


class Rendered(NamedTuple):
    """A text as HTML; not whole where a plugin failed, and then not to be kept."""

    html: SafeString
    is_whole: bool = True


class Incomplete(Exception):
    """A plugin failed, so this is not to be kept."""

    def __init__(self, html: SafeString) -> None:
        super().__init__()
        self.html = html


def to_html(text: str) -> Rendered:
    """Return a text as HTML."""
    try:
        return Rendered(_whole(text, calls.generation()))
    except Incomplete as found:
        return Rendered(found.html, is_whole=False)


def marked_by() -> tuple[str, ...]:
    """Return the plugins that mark texts now: another answer makes other HTML."""
    return tuple(impl.plugin for impl in calls.implementations(hooks.mark_text))


@lru_cache(KEPT)
def _whole(text: str, generation: int) -> SafeString:
    found = calls.gather(hooks.mark_text, text=text)
    html = texts.to_html(text, [mark for marks in found for mark in marks])
    if not found.whole:
        raise Incomplete(html)
    return html
