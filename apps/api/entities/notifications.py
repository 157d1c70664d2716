"""Notifications, under the names that apps know."""

from collections.abc import Sequence
from typing import Any

from apps.api.entities import accounts, shapes, statuses
from apps.notifications.kinds import Kind
from apps.notifications.selectors import Card

# A reply is a mention to apps, whether it has the name in it or not.
TYPES = {
    Kind.LIKE: "favourite",
    Kind.REPLY: "mention",
    Kind.REPOST: "reblog",
    Kind.FOLLOW: "follow",
    Kind.MENTION: "mention",
}


def many(cards: Sequence[Card]) -> list[dict[str, Any]]:
    """Return notifications in the given order."""
    people = accounts.many(card.actor.id for card in cards)
    shown = statuses.of_cards([card.post for card in cards if card.post])
    posts = {int(status["id"]): status for status in shown}
    return [_entity(card, people, posts) for card in cards if card.actor.id in people]


def _entity(
    card: Card, people: dict[int, dict[str, Any]], posts: dict[int, dict[str, Any]]
) -> dict[str, Any]:
    found = {
        "id": str(card.id),
        "type": TYPES[card.kind],
        "created_at": shapes.stamp(card.created_at),
        "group_key": f"ungrouped-{card.id}",
        "account": people[card.actor.id],
    }
    return found | ({"status": posts[card.post.id]} if card.post else {})
