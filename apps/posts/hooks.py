"""Where plugins take part in posts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from apps.plugins.markers import hookspec
from apps.posts.errors import TextRefused

if TYPE_CHECKING:
    from apps.posts.cards import Listed


@dataclass(frozen=True)
class Draft:
    """A post that is about to be stored; a filter gives back another one with `replace`.

    A person has looked at a `reviewed` one, and wants it published. One that is `taken` is kept by
    a plugin, to be published later or not: that is what its author is told.
    """

    author_id: int
    text: str
    in_reply_to_id: int | None = None
    reviewed: bool = False
    taken: str = ""


class Mark(NamedTuple):
    """A piece of a text, `text[start:end]`, that is shown as `html`."""

    start: int
    end: int
    html: str


def draft(answer: Any) -> Draft:
    """Take a draft."""
    if not isinstance(answer, Draft) or not isinstance(answer.text, str):
        raise TypeError(f"expected a Draft, got {type(answer).__name__}")
    return answer


def marks(answer: Any) -> list[Mark]:
    """Take marks, their HTML escaped where it is only text."""
    return [Mark(int(start), int(end), conditional_escape(html)) for start, end, html in answer]


def footers(answer: Any) -> dict[int, SafeString]:
    """Take HTML by post id; posts may be left out."""
    return {int(pk): conditional_escape(html) for pk, html in dict(answer).items() if html}


@hookspec(seconds=1.0, queries=20, shape=draft, passes=(TextRefused,))
def filter_draft(draft: Draft) -> Draft:
    """Return the draft, or another one in its place, before it is stored.

    A pipe: each filter gets what the one before it gave. Raise TextRefused to refuse the draft; its
    author gets it back with the reason. Keep it and return it `taken` to publish it later. What
    follows from a post, do when `PostPublished` comes.
    """
    raise NotImplementedError


@hookspec(seconds=0.25, queries=0, shape=marks)
def mark_text(text: str) -> Sequence[Mark]:
    """Return the pieces of a text that are shown as something else; for posts and profiles.

    What is shown depends on the text alone, since it is kept. Links come first, then who marks
    further to the left.
    """
    raise NotImplementedError


@hookspec(seconds=0.5, queries=10, shape=footers)
def post_footers(posts: "Sequence[Listed]", viewer_id: int | None) -> Mapping[int, str]:
    """Return HTML to be shown under posts, by post id; asked once for all posts of a list.

    `viewer_id` is None for a visitor.
    """
    raise NotImplementedError


@hookspec(seconds=120.0, queries=200)
def posts_loaded(post_ids: Sequence[int]) -> None:
    """Take note of posts that were loaded in bulk, with no event: demo data, benchmarks."""
    raise NotImplementedError
