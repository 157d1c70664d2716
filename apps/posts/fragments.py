"""The HTML of posts in lists: rendered once for all to whom a post is the same.

What differs from page to page is laid in when a list is put together: the place in the list, who
reposted it, how long ago it was written. What is the viewer's own (liked, reposted, written by
him) names the variant.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from apps.accounts import selectors as accounts
from apps.caching.queries import cached_many
from apps.posts import cards
from apps.posts.cards import Listed
from apps.posts.templatetags.moments import ago

# Where a page lays something in. PostgreSQL stores no such character, so no text contains it.
HOLE = "\x00"


class Variant(NamedTuple):
    """One rendering of a post. In a conversation nobody is told what it answers."""

    post_id: int
    author_id: int
    is_member: bool
    liked: bool
    reposted: bool
    mine: bool
    in_thread: bool


class Fragment(NamedTuple):
    """HTML around three holes: the place in the list, who reposted it, how long ago it was."""

    before_item: str
    before_repost: str
    before_age: str
    rest: str


def html_of(found: Sequence[Listed], *, in_thread: bool = False) -> list[SafeString]:
    """Return the HTML of listed posts in their order; left out where the author is gone."""
    variants = [_variant(one, in_thread) for one in found]
    rendered = _rendered(variants)
    reposts = _repost_lines(one.reposted_by_id for one in found if one.reposted_by_id)
    return [
        _filled(rendered[variant], one, reposts.get(one.reposted_by_id or 0, ""))
        for variant, one in zip(variants, found, strict=True)
        if variant in rendered
    ]


def _variant(one: Listed, in_thread: bool) -> Variant:
    viewers = (one.is_member, one.liked, one.reposted, one.mine)
    return Variant(one.id, one.stored.author_id, *viewers, in_thread)


def _filled(fragment: Fragment, one: Listed, repost: str) -> SafeString:
    parts = (
        fragment.before_item,
        str(one.item_id),
        fragment.before_repost,
        repost,
        fragment.before_age,
        ago(one.created_at),
        fragment.rest,
    )
    return mark_safe("".join(parts))  # noqa: S308  (of our own templates)


def _tags(variant: Variant) -> list[str]:
    post_id, author_id = variant.post_id, variant.author_id
    return [f"posts.post:{post_id}", f"posts.tally:{post_id}", f"accounts.profile:{author_id}"]


@cached_many("posts.html", tags=_tags)
def _rendered(variants: Sequence[Variant]) -> dict[Variant, Fragment]:
    rows = cards.stored(variant.post_id for variant in variants)
    listed = {
        variant: Listed(
            stored=rows[variant.post_id],
            is_member=variant.is_member,
            liked=variant.liked,
            reposted=variant.reposted,
            mine=variant.mine,
        )
        for variant in variants
        if variant.post_id in rows
    }
    full = {card.id: card for card in cards.full(list(listed.values()))}
    return {
        variant: _render({"post": full[one.id], "in_thread": variant.in_thread, "hole": HOLE})
        for variant, one in listed.items()
        if one.id in full
    }


def _render(context: dict[str, object]) -> Fragment:
    return Fragment(*render_to_string("posts/_post.html", context).split(HOLE))


@cached_many("posts.repost_line", tags=lambda account_id: [f"accounts.profile:{account_id}"])
def _repost_lines(account_ids: Sequence[int]) -> dict[int, str]:
    """Return the line that says who reposted, by the id of that account."""
    who = accounts.cards_of(account_ids)
    return {pk: render_to_string("posts/_repost.html", {"who": who[pk]}) for pk in who}
