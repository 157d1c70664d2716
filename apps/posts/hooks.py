"""Where plugins take part in posts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from apps.plugins.hooks import html
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
    # Pictures that the author has uploaded for it; whoever keeps the draft keeps these numbers.
    picture_ids: tuple[int, ...] = ()
    # For whom it is: whoever keeps the draft keeps that too.
    audience: int = 0
    # What a reader is told before he sees it.
    warning: str = ""
    # The post that it is to stand in place of. That one is out: whoever would take this refuses it.
    edits: int | None = None
    # What plugins are to keep with it, by their names, as JSON can hold it: a poll, say. Whoever
    # keeps the draft keeps that too, and looks into none of it.
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """All that would be read of it, also in what plugins keep with it; a line for each text."""
        return "\n".join([self.warning, self.text, *texts_in(self.extras)])


class Mark(NamedTuple):
    """A piece of a text, `text[start:end]`, that is shown as `html`."""

    start: int
    end: int
    html: str


def texts_in(value: Any) -> Iterator[str]:
    """Yield all texts in what JSON can hold, names left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from texts_in(part)


def draft(answer: Any) -> Draft:
    """Take a draft."""
    if not isinstance(answer, Draft) or not isinstance(answer.text, str):
        raise TypeError(f"expected a Draft, got {type(answer).__name__}")
    return answer


def marks(answer: Any) -> list[Mark]:
    """Take marks, their HTML escaped where it is only text."""
    return [Mark(int(start), int(end), conditional_escape(html)) for start, end, html in answer]


def extras(answer: Any) -> dict[str, Any] | None:
    """Take what plugins are to keep, by their names, or None for nothing."""
    return None if answer is None else {str(name): kept for name, kept in dict(answer).items()}


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


@hookspec(seconds=0.25, queries=5, shape=html)
def compose_part(fields: Mapping[str, str]) -> str | None:
    """Return HTML for the composer: fields of the plugin's own, with its name before theirs.

    `fields` is what was sent where the form comes back, else empty.
    """
    raise NotImplementedError


@hookspec(seconds=0.5, queries=5, shape=extras, passes=(TextRefused,))
def extras_in(fields: Mapping[str, str]) -> Mapping[str, Any] | None:
    """Return what the composer's fields say that is to be kept with the post: `{plugin: it}`.

    It must be what JSON can hold: it may wait for review with its draft. Raise TextRefused to have
    the form come back.
    """
    raise NotImplementedError


@hookspec(seconds=2.0, queries=5)
def keep_with_post(post_id: int, author_id: int, extras: Mapping[str, Any]) -> None:
    """Store what belongs to a post, in the transaction that stores the post: both or neither.

    On the shard of the author, in rows whose keys are of his bucket. Asked only of a post that
    `extras` were given for; take what stands under the plugin's own name. It is called under a
    savepoint: after a fault the post is out without it. When the post goes, `PostDeleted` says so.
    """
    raise NotImplementedError


@hookspec(seconds=0.25, queries=0, shape=marks)
def mark_text(text: str) -> Sequence[Mark]:
    """Return the pieces of a text that are shown as something else; for posts and profiles.

    What is shown depends on the text alone, since it is kept. Links come first, then who marks
    further to the left.
    """
    raise NotImplementedError


# A list may be of as many shards as it has posts.
@hookspec(seconds=0.5, queries=60, shape=footers)
def post_footers(posts: "Sequence[Listed]", viewer_id: int | None) -> Mapping[int, str]:
    """Return HTML to be shown under posts, by post id; asked once for all posts of a list.

    `viewer_id` is None for a visitor.
    """
    raise NotImplementedError


@hookspec(seconds=120.0, queries=200)
def posts_loaded(post_ids: Sequence[int]) -> None:
    """Take note of posts that were loaded in bulk, with no event: demo data, benchmarks."""
    raise NotImplementedError
