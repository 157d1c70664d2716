"""What an archive holds: each of its records is taken in, left out, or broken."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from apps.archives import attachments
from apps.archives.attachments import Attached
from apps.archives.html_text import html_to_text
from apps.posts import texts
from apps.posts.errors import TextRefused
from apps.posts.kinds import Audience
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
    audience: Audience = Audience.PUBLIC
    answers: str = ""
    warning: str = ""
    pictures: tuple[Attached, ...] = ()


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
    key = note.get("id") or item.get("id")
    if not isinstance(key, str) or not key:
        return Broken(position, "no id")
    text = _text_of(note)
    if text is None:
        return Broken(position, "no content")
    attached = attachments.attached_to(note)
    if not text.strip() and not attached:
        return Skipped(position, "posts without text")
    found = _record(position, key, text, note.get("published") or item.get("published"), now)
    answers = note.get("inReplyTo")
    return (
        found
        if isinstance(found, Broken)
        else found._replace(
            audience=_for_whom({*_addressed(item), *_addressed(note)}),
            answers=answers if isinstance(answers, str) else "",
            warning=_warning_of(note),
            pictures=attached,
        )
    )


def from_line(position: int, item: Any, now: datetime) -> Found:
    """Return what one line {"text", "created_at"} is."""
    if not isinstance(item, Mapping):
        return Broken(position, "not an object")
    text, moment = item.get("text"), item.get("created_at")
    if not isinstance(text, str) or not text.strip():
        return Broken(position, "no text")
    key = hashlib.sha256(f"{moment}\n{text}".encode("utf-8", "replace")).hexdigest()
    return _record(position, f"line:{key}", text, moment, now)


def _record(position: int, key: str, text: str, moment: Any, now: datetime) -> Record | Broken:
    try:
        created_at = _moment(moment, now)
        cleaned = texts.clean(text, texts.MOST_CODE_POINTS) if text.strip() else text.strip()
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
    typed = note.get("source")
    if isinstance(typed, Mapping) and typed.get("mediaType") == "text/plain":
        return typed["content"] if isinstance(typed.get("content"), str) else None
    content = note.get("content")
    if content is None and isinstance(note.get("contentMap"), Mapping):
        content = next(iter(note["contentMap"].values()), None)
    if not isinstance(content, str):
        return None
    return html_to_text(content)


def _warning_of(note: Mapping[str, Any]) -> str:
    warning = note.get("summary")
    try:
        found = html_to_text(warning) if isinstance(warning, str) else ""
        return texts.clean_warning(found, "")
    except TextRefused:
        return found[: texts.MOST_CHARACTERS]


def _for_whom(addresses: set[str]) -> Audience:
    if addresses & PUBLIC:
        return Audience.PUBLIC
    followers = any(address.endswith("/followers") for address in addresses)
    return Audience.FOLLOWERS if followers else Audience.NAMED


def _addressed(part: Mapping[str, Any]) -> Iterator[str]:
    for name in ("to", "cc"):
        value = part.get(name) or []
        yield from (v for v in ([value] if isinstance(value, str) else value) if isinstance(v, str))
