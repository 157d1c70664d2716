"""What an archive holds: each of its records is taken in, left out, or broken."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from apps.archives.html_text import html_to_text
from apps.posts import texts
from apps.posts.errors import TextRefused
from apps.sharding import ids

PUBLIC = {"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"}
# A clock may be a little ahead of ours.
AHEAD = timedelta(minutes=10)


class Record(NamedTuple):
    """A post to take in. `position` counts records from 1; `source_key` is the record's own."""

    position: int
    source_key: str
    text: str
    created_at: datetime


class Skipped(NamedTuple):
    """A record that is left out on purpose."""

    position: int
    reason: str


class Broken(NamedTuple):
    """A record that makes no sense."""

    position: int
    problem: str


Found = Record | Skipped | Broken


def from_activity(position: int, item: Any, now: datetime) -> Found:
    """Return what an activity of an ActivityStreams outbox is."""
    if not isinstance(item, Mapping):
        return Broken(position, "not an object")
    if item.get("type") == "Announce":
        return Skipped(position, "boosts")
    note = item.get("object")
    if item.get("type") != "Create" or not isinstance(note, Mapping):
        return Skipped(position, "other activities")
    audience = set(_audience(item)) | set(_audience(note))
    if not audience & PUBLIC:
        followers = any(address.endswith("/followers") for address in audience)
        return Skipped(position, "followers-only posts" if followers else "direct messages")
    key = note.get("id") or item.get("id")
    if not isinstance(key, str) or not key:
        return Broken(position, "no id")
    text = _text_of(note)
    if text is None:
        return Broken(position, "no content")
    if not text.strip():
        return Skipped(position, "posts without text")
    return _record(position, key, text, note.get("published") or item.get("published"), now)


def from_line(position: int, item: Any, now: datetime) -> Found:
    """Return what one line {"text", "created_at"} is."""
    if not isinstance(item, Mapping):
        return Broken(position, "not an object")
    text, moment = item.get("text"), item.get("created_at")
    if not isinstance(text, str):
        return Broken(position, "no text")
    key = hashlib.sha256(f"{moment}\n{text}".encode("utf-8", "replace")).hexdigest()
    return _record(position, f"line:{key}", text, moment, now)


def _record(position: int, key: str, text: str, moment: Any, now: datetime) -> Found:
    try:
        created_at = _moment(moment, now)
        cleaned = texts.clean(text, texts.MOST_CODE_POINTS)
    except (ValueError, TextRefused) as error:
        return Broken(position, str(error))
    return Record(position, key, cleaned, created_at)


def _moment(value: Any, now: datetime) -> datetime:
    if not isinstance(value, str):
        raise ValueError("no time")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"the time {value[:40]!r} is not ISO 8601") from None
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"the time {value[:40]!r} is out of range") from None
    if moment < ids.EPOCH:
        raise ValueError(f"the time {value[:40]!r} is before 2006, where our ids begin")
    if moment > now + AHEAD:
        raise ValueError(f"the time {value[:40]!r} is in the future")
    return moment


def _text_of(note: Mapping[str, Any]) -> str | None:
    content = note.get("content")
    if content is None and isinstance(note.get("contentMap"), Mapping):
        content = next(iter(note["contentMap"].values()), None)
    if not isinstance(content, str):
        return None
    warning = note.get("summary")
    text = html_to_text(content)
    return f"{html_to_text(warning)}\n\n{text}" if isinstance(warning, str) and warning else text


def _audience(part: Mapping[str, Any]) -> Iterator[str]:
    for name in ("to", "cc"):
        value = part.get(name) or []
        yield from (v for v in ([value] if isinstance(value, str) else value) if isinstance(v, str))
