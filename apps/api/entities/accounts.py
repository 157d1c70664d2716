"""Accounts: the public side of each, and more for its own."""

from collections.abc import Iterable
from typing import Any

from apps.accounts import selectors as accounts
from apps.accounts.selectors import ProfileCard
from apps.api.entities import shapes
from apps.api.errors import NotFound
from apps.follows import selectors as follows
from apps.posts import rendering
from apps.posts import selectors as posts

NO_FOLLOWS = {"following": 0, "followers": 0}


def many(account_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return accounts by id, with three queries a shard at most; those that are gone left out."""
    wanted = list(dict.fromkeys(account_ids))
    cards = accounts.cards_of(wanted)
    counts, written = follows.counts_of(wanted), posts.posts_counts(wanted)
    return {
        pk: _entity(cards[pk], counts.get(pk, NO_FOLLOWS), written.get(pk, 0))
        for pk in wanted
        if pk in cards
    }


def listed(account_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Return accounts in the given order; those that are gone are left out."""
    return list(many(account_ids).values())


def one(account_id: int) -> dict[str, Any]:
    """Return one account; raises NotFound."""
    found = many([account_id])
    if account_id not in found:
        raise NotFound
    return found[account_id]


def own(account_id: int) -> dict[str, Any]:
    """Return an account as it sees itself, with what it may change."""
    card = accounts.cards_of([account_id])[account_id]
    source = {
        "privacy": "public",
        "sensitive": False,
        "language": None,
        "note": card.bio,
        "fields": [],
        "follow_requests_count": 0,
        "quote_policy": "nobody",
    }
    role = {"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": False}
    return one(account_id) | {"source": source, "role": role}


def _entity(card: ProfileCard, counts: dict[str, int], written: int) -> dict[str, Any]:
    picture = card.picture_url
    avatar = shapes.full(picture) if picture else shapes.picture("avatar.png")
    header = shapes.picture("header.png")
    return {
        "id": str(card.id),
        "username": card.username,
        "acct": card.username,
        "display_name": card.name,
        "locked": False,
        "bot": False,
        "discoverable": True,
        "indexable": True,
        "group": False,
        "created_at": shapes.day(card.joined_at),
        "note": shapes.paragraph(rendering.to_html(card.bio).html),
        "url": shapes.full(card.url),
        "uri": shapes.full(card.url),
        "avatar": avatar,
        "avatar_static": avatar,
        "header": header,
        "header_static": header,
        "followers_count": counts["followers"],
        "following_count": counts["following"],
        "statuses_count": written,
        "last_status_at": None,
        "hide_collections": False,
        "emojis": [],
        "fields": [],
        "roles": [],
    }
