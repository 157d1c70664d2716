"""Telling others than subscribers: an event is announced once what it tells of can be read.

Which events, and after which subscriber, is declared; to whom, an announcer decides. Announcing is
a hint: it is not repeated when it fails. Whoever must miss nothing reads the log.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from apps.events import registry
from apps.events.registry import Event


@dataclass(frozen=True)
class Announced:
    """An event with its id (it unpacks into these two), and the request that it follows from."""

    event_id: int
    event: Event
    request_id: str = ""

    def __iter__(self) -> Iterator[Any]:
        return iter((self.event_id, self.event))


Announcer = Callable[[str, Sequence[Announced]], object]

_after: dict[str, str | None] = {}
_announcers: list[Announcer] = []


def declare(event: type[Event], *, after: Callable[..., None] | None = None) -> None:
    """Have an event announced after one subscriber is done with it, or after all of them."""
    _after[event.topic] = registry.name_of(after) if after else None


def to(announcer: Announcer) -> None:
    """Have `announcer` called with a shard's name and the events that may be told now."""
    _announcers.append(announcer)


def declared() -> dict[str, str | None]:
    """Return the announced topics, each with the subscriber that must be done first, if one."""
    return dict(_after)


def awaited() -> set[str]:
    """Return the subscribers that announcements wait for."""
    return {after for after in _after.values() if after is not None}


def announce(
    shard: str, subscriber: str | None, done: Iterable[Announced], finished: Set[int]
) -> None:
    """Announce what `subscriber` has made readable, and of what is finished what waited for all."""
    due = [told for told in done if _is_due(told, subscriber, finished)]
    if due:
        for announcer in _announcers:
            announcer(shard, due)


def _is_due(told: Announced, subscriber: str | None, finished: Set[int]) -> bool:
    if told.event.topic not in _after:
        return False
    after = _after[told.event.topic]
    return told.event_id in finished if after is None else after == subscriber
