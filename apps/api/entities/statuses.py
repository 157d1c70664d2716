"""Statuses: posts and reposts, as many as there are with the same few queries."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.urls import reverse

from apps.accounts import selectors as accounts
from apps.api import hooks
from apps.api.entities import accounts as account_entities
from apps.api.entities import media, polls, shapes
from apps.api.errors import NotFound
from apps.api.hooks import Marked
from apps.plugins import calls
from apps.posts import cards, edits
from apps.posts.cards import Listed, PostCard
from apps.posts.kinds import Audience
from apps.sharding import ids

KEPT = 4096

VISIBILITY = {
    Audience.PUBLIC: "public",
    Audience.FOLLOWERS: "private",
    Audience.NAMED: "direct",
}


class Around(NamedTuple):
    """What statuses name beside themselves."""

    accounts: dict[int, dict[str, Any]]
    parents: dict[int, int]
    named: dict[str, int]
    polls: dict[int, dict[str, Any]]


def many(found: Sequence[Listed]) -> list[dict[str, Any]]:
    """Return statuses in the given order; left out where an account is gone."""
    return of_cards(cards.full(found))


def of_cards(full: Sequence[PostCard]) -> list[dict[str, Any]]:
    """Return the statuses of posts whose authors and counts are there already."""
    around = _around(full)
    return [
        _repost(card, around) if card.reposted_by_id else _post(card, around)
        for card in full
        if card.reposted_by_id is None or card.reposted_by_id in around.accounts
    ]


def one(post_id: int, *, viewer_id: int | None) -> dict[str, Any]:
    """Return a post or repost that was asked for by its id; raises NotFound."""
    found = many(cards.listed([post_id], viewer_id=viewer_id, asked=True))
    if not found:
        raise NotFound
    return found[0]


def _around(full: Sequence[PostCard]) -> Around:
    people = {card.author.id for card in full}
    people |= {card.reposted_by_id for card in full if card.reposted_by_id}
    above = {card.stored.in_reply_to_id for card in full if card.stored.in_reply_to_id}
    parents = {pk: row.author_id for pk, row in cards.stored(above).items()} if above else {}
    names = {name.lower() for card in full for name in marked(card.text).names}
    named = accounts.ids_named(tuple(sorted(names))) if names else {}
    asked = polls.many(full, full[0].viewer_id) if full else {}
    return Around(account_entities.many(people), parents, named, asked)


def marked(text: str) -> Marked:
    """Return the tags and usernames in a text."""
    return _marked(text, calls.generation())


@lru_cache(KEPT)
def _marked(text: str, generation: int) -> Marked:
    found = calls.gather(hooks.named_in, text=text)
    tags, names = ([word for one in found for word in one[part]] for part in (0, 1))
    return Marked(tuple(tags), tuple(names))


def _post(card: PostCard, around: Around) -> dict[str, Any]:
    parent = card.stored.in_reply_to_id
    parent_author = around.parents.get(parent) if parent else None
    return _common(card, card.id, shapes.full(card.url)) | {
        "in_reply_to_id": str(parent) if parent else None,
        "in_reply_to_account_id": str(parent_author) if parent_author else None,
        "account": around.accounts[card.author.id],
        "content": shapes.paragraph(card.html),
        "text": card.text,
        "media_attachments": [media.one(picture) for picture in card.pictures],
        "reblog": None,
        "mentions": list(_mentions(card.text, around)),
        "tags": [_tag(tag) for tag in marked(card.text).tags],
        "poll": around.polls.get(card.id),
        "favourites_count": card.likes,
        "reblogs_count": card.reposts,
        "replies_count": card.replies,
    }


def _repost(card: PostCard, around: Around) -> dict[str, Any]:
    account = around.accounts[card.reposted_by_id or 0]
    return _common(card, card.item_id, shapes.full(card.url)) | {
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "account": account,
        "content": shapes.paragraph(card.html),
        "reblog": _post(card, around),
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "favourites_count": 0,
        "reblogs_count": 0,
        "replies_count": 0,
    }


def _common(card: PostCard, status_id: int, url: str) -> dict[str, Any]:
    """Return what a post and its repost have in common, and what this site has none of."""
    return {
        "id": str(status_id),
        "created_at": shapes.stamp(ids.time_of(status_id)),
        "edited_at": shapes.stamp(card.stored.edited_at) if card.stored.edited_at else None,
        "uri": url,
        "url": url,
        "visibility": VISIBILITY[card.audience],
        "sensitive": bool(card.warning),
        "spoiler_text": card.warning,
        "language": None,
        "favourited": card.liked,
        "reblogged": card.reposted,
        "bookmarked": card.bookmarked,
        "muted": False,
        "pinned": False,
        "emojis": [],
        "card": None,
        "poll": None,
        "quote": None,
        "quotes_count": 0,
        "application": None,
        "filtered": [],
    }


def versions(card: PostCard) -> list[dict[str, Any]]:
    """Return what a post said and says, the oldest first."""
    account = account_entities.many([card.author.id])[card.author.id]
    return [
        {
            "content": shapes.paragraph(said.html),
            "spoiler_text": said.warning,
            "sensitive": bool(said.warning),
            "created_at": shapes.stamp(said.at),
            "account": account,
            "media_attachments": [media.one(picture) for picture in card.pictures],
            "emojis": [],
            "poll": None,
        }
        for said in edits.history(card.id)
    ]


def _mentions(text: str, around: Around) -> Iterable[dict[str, str]]:
    for name in marked(text).names:
        if account_id := around.named.get(name.lower()):
            url = shapes.full(reverse("timelines:profile", args=[name]))
            yield {"id": str(account_id), "username": name, "acct": name, "url": url}


def _tag(tag: str) -> dict[str, str]:
    return {"name": tag, "url": shapes.full(f"/tags/{tag}")}
