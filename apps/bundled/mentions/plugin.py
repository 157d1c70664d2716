"""Names in posts: @wren leads to her profile, and she is notified."""

from collections.abc import Sequence

from apps.api.hooks import Marked
from apps.bundled.mentions import texts
from apps.plugins.markers import hookimpl
from apps.posts.hooks import Mark


@hookimpl(keepable=True)
def mark_text(text: str) -> Sequence[Mark]:
    """Mentions lead to profiles."""
    return texts.marks(text)


@hookimpl
def named_in(text: str) -> Marked:
    """Who is mentioned in a text, for apps."""
    return Marked(names=texts.names(text))
