"""What an archive says, in ActivityStreams as Mastodon writes it; text and JSON only."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.html import escape

from apps.posts.kinds import Audience

CONTEXT = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{CONTEXT}#Public"


class Author(NamedTuple):
    """Whose archive it is."""

    id: int
    username: str
    name: str
    bio: str
    joined_at: datetime


class Item(NamedTuple):
    """A post, a reply or a repost."""

    id: int
    text: str
    created_at: datetime
    in_reply_to_id: int | None
    repost_of_id: int | None
    audience: Audience = Audience.PUBLIC
    # Names of those for whom it is.
    named: tuple[str, ...] = ()
    warning: str = ""
    # What plugins say of it.
    extras: Mapping[str, Any] = {}
    # What is said of each of its pictures.
    pictures: Sequence[dict[str, Any]] = ()


def address(username: str) -> str:
    """Return how an account is named from other sites."""
    return f"{username}@{urlsplit(settings.SITE_URL).netloc}"


def post_url(post_id: int) -> str:
    """Return the address of a post that needs no name."""
    return f"{settings.SITE_URL}/posts/{post_id}"


def actor(author: Author) -> dict[str, Any]:
    """Return who wrote it."""
    url = _profile(author.username)
    return {
        "@context": CONTEXT,
        "id": url,
        "type": "Person",
        "preferredUsername": author.username,
        "name": author.name,
        "summary": html(author.bio) if author.bio else "",
        "url": url,
        "published": _time(author.joined_at),
        "outbox": "outbox.json",
        "likes": "likes.json",
        "bookmarks": "bookmarks.json",
    }


def activity(author: Author, item: Item) -> dict[str, Any]:
    """Return what was done: a post was made, or somebody's was reposted."""
    url = post_url(item.id)
    said = {
        "id": f"{url}/activity",
        "type": "Announce" if item.repost_of_id else "Create",
        "actor": _profile(author.username),
        "published": _time(item.created_at),
        **_addressees(author, item),
    }
    if item.repost_of_id:
        return {**said, "object": post_url(item.repost_of_id)}
    return {**said, "object": _note(author, item)}


def html(text: str) -> str:
    """Return a text as HTML: a paragraph where a line is left free."""
    paragraphs = (escape(part).replace("\n", "<br>") for part in text.split("\n\n"))
    return "".join(f"<p>{part}</p>" for part in paragraphs)


def _note(author: Author, item: Item) -> dict[str, Any]:
    url, parent = post_url(item.id), item.in_reply_to_id
    return {
        "id": url,
        "type": "Note",
        "url": url,
        "attributedTo": _profile(author.username),
        "inReplyTo": post_url(parent) if parent else None,
        "published": _time(item.created_at),
        "summary": item.warning or None,
        "sensitive": bool(item.warning),
        **_addressees(author, item),
        "content": html(item.text),
        # As it was typed: HTML does not say where a space or a free line was.
        "source": {"content": item.text, "mediaType": "text/plain"},
        **item.extras,
        "attachment": list(item.pictures),
    }


def _addressees(author: Author, item: Item) -> dict[str, list[str]]:
    """Return for whom it is, in the addresses by which other sites know that."""
    followers, named = f"{_profile(author.username)}/followers", [*map(_profile, item.named)]
    if item.audience == Audience.PUBLIC:
        return {"to": [PUBLIC], "cc": [followers]}
    if item.audience == Audience.FOLLOWERS:
        return {"to": [followers], "cc": named}
    return {"to": named, "cc": []}


def _profile(username: str) -> str:
    return f"{settings.SITE_URL}/@{username}"


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
