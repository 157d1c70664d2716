"""The HTML of posts in lists: rendered once for all to whom a post is the same.

What differs from page to page is laid in when a list is put together: the place in the list, and
who reposted it. What is the viewer's own (liked, reposted, kept,
written by him) names the variant.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from apps.accounts import selectors as accounts
from apps.caching.flights import Unkept
from apps.caching.queries import cached_many
from apps.plugins import calls
from apps.posts import cards, hooks, rendering, shapes
from apps.posts.cards import Listed, PostCard
from apps.posts.moulds import Mould

# Who looks at a fragment that all members share.
ANYBODY = 0


class Variant(NamedTuple):
    """One rendering of a post. In a conversation nobody is told what it answers."""

    post_id: int
    author_id: int
    is_member: bool
    liked: bool
    reposted: bool
    bookmarked: bool
    mine: bool
    arrived_at: datetime | None
    pictures: int
    in_thread: bool
    marked_by: tuple[str, ...]
    language: str


class Line(NamedTuple):
    """Who reposted, said in a language."""

    account_id: int
    language: str


def html_of(found: Sequence[Listed], *, in_thread: bool = False) -> list[SafeString]:
    """Return the HTML of listed posts in their order; left out where the author is gone."""
    return [html for _, html in _each(found, in_thread)]


def by_id(found: Sequence[Listed], *, in_thread: bool = False) -> dict[int, SafeString]:
    """Return the HTML of listed posts by id; left out where the author is gone."""
    return {one.id: html for one, html in _each(found, in_thread)}


def _each(found: Sequence[Listed], in_thread: bool) -> list[tuple[Listed, SafeString]]:
    marked_by = rendering.marked_by()
    language = get_language() or ""
    variants = [_variant(one, in_thread, marked_by, language) for one in found]
    rendered = _rendered(variants)
    lines = [Line(one.reposted_by_id or 0, language) for one in found]
    reposts = _repost_lines([line for line in lines if line.account_id])
    footers = _footers(found)
    return [
        (one, _filled(rendered[variant], one, reposts.get(line, ""), footers.get(one.id, "")))
        for variant, line, one in zip(variants, lines, found, strict=True)
        if variant in rendered
    ]


def _footers(found: Sequence[Listed]) -> dict[int, str]:
    """Return what plugins show below posts; they are asked once for a list."""
    if not found:
        return {}
    answers = calls.gather(hooks.post_footers, posts=found, viewer_id=found[0].viewer_id)
    said: defaultdict[int, list[str]] = defaultdict(list)
    for answer in answers:
        for post_id, html in answer.items():
            said[post_id].append(html)
    return {post_id: "".join(pieces) for post_id, pieces in said.items()}


def _variant(one: Listed, in_thread: bool, marked_by: tuple[str, ...], language: str) -> Variant:
    post = one.stored
    viewers = (one.is_member, one.liked, one.reposted, one.bookmarked, one.mine)
    said = (in_thread, marked_by, language)
    return Variant(post.id, post.author_id, *viewers, one.arrived_at, post.pictures, *said)


def _filled(mould: Mould, one: Listed, repost: str, footer: str) -> SafeString:
    return mould.filled(item=str(one.item_id), repost=repost, footer=footer)


def _tags(variant: Variant) -> list[str]:
    post_id, author_id = variant.post_id, variant.author_id
    tags = [f"posts.post:{post_id}", f"posts.tally:{post_id}", f"accounts.profile:{author_id}"]
    return [*tags, f"pictures.post:{post_id}"] if variant.pictures else tags


@cached_many("posts.html", tags=_tags)
def _rendered(variants: Sequence[Variant]) -> dict[Variant, Mould | Unkept[Mould]]:
    rows = cards.stored(variant.post_id for variant in variants)
    listed = {
        variant: Listed(
            stored=rows[variant.post_id],
            viewer_id=ANYBODY if variant.is_member else None,
            liked=variant.liked,
            reposted=variant.reposted,
            bookmarked=variant.bookmarked,
            mine=variant.mine,
            arrived_at=variant.arrived_at,
        )
        for variant in variants
        if variant.post_id in rows
    }
    full = {card.id: card for card in cards.full(list(listed.values()))}
    return {
        variant: _render(full[one.id], variant) for variant, one in listed.items() if one.id in full
    }


def _render(post: PostCard, variant: Variant) -> Mould | Unkept[Mould]:
    text = rendering.to_html(post.text)
    mould = shapes.html_of(post, text.html, language=variant.language, in_thread=variant.in_thread)
    return mould if text.is_whole else Unkept(mould)


@cached_many("posts.repost_line", tags=lambda line: [f"accounts.profile:{line.account_id}"])
def _repost_lines(lines: Sequence[Line]) -> dict[Line, str]:
    """Return the lines that say who reposted; left out where the account is gone."""
    who = accounts.cards_of(list({line.account_id for line in lines}))
    return {
        line: render_to_string("posts/_repost.html", {"who": who[line.account_id]})
        for line in lines
        if line.account_id in who
    }
