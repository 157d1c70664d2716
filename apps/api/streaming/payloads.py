"""What is said of an event on a stream, as the account that listens sees it."""

import json
from typing import NamedTuple

from apps.accounts import sight
from apps.api import places
from apps.api.entities import notifications as notification_entities
from apps.api.entities import statuses
from apps.api.streaming.streams import Stream
from apps.notifications import selectors as notifications
from apps.plugins.errors import Unanswered
from apps.posts import cards
from apps.push.listeners import Message
from apps.replication import scopes, tokens


class Said(NamedTuple):
    """An event by its name in this protocol, and what tells which streams show it."""

    event: str
    payload: str
    # Of the post that it shows; of what shows none, all streams tell.
    tags: list[str] | None = None
    has_pictures: bool = False

    def is_for(self, stream: Stream) -> bool:
        """Tell whether a stream tells it."""
        return self.tags is None or stream.shows(self.tags, self.has_pictures)


def of(message: Message, account_id: int, checksum: str) -> Said | None:
    """Return what to say of a message; None where there is nothing to say any longer.

    What the app then asks for with the same token is at least as new as what it was told.
    """
    seen = tokens.decode(message.seen)
    if checksum and seen:
        places.told(checksum, seen)
    with scopes.scope(seen), sight.kept():
        try:
            return _said(message, account_id)
        except Unanswered:
            return None


def _said(message: Message, account_id: int) -> Said | None:
    topic, data = message.label, message.data
    if topic in ("home-deleted", "public-deleted"):
        return Said("delete", str(data["post_id"]))
    if topic == "notified":
        return _notification(account_id, int(data["notification_id"]))
    event = "status.update" if topic in ("home-edited", "public-edited") else "update"
    return _status(event, int(data["post_id"]), account_id)


def _status(event: str, post_id: int, account_id: int) -> Said | None:
    found = statuses.many(cards.listed([post_id], viewer_id=account_id or None))
    if not found:
        return None
    tags = [tag["name"] for tag in found[0]["tags"]]
    return Said(event, json.dumps(found[0]), tags, bool(found[0]["media_attachments"]))


def _notification(account_id: int, notification_id: int) -> Said | None:
    card = notifications.card(account_id, notification_id)
    found = notification_entities.many([card]) if card is not None else []
    return Said("notification", json.dumps(found[0])) if found else None
