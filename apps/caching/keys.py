"""The key of a cached value: what was asked, and the versions of all that it depends on."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from apps.caching import code, memory, recent, store, tags
from apps.kernel import dependencies
from apps.replication import positions
from apps.replication.tokens import Position
from apps.sharding import directory

if TYPE_CHECKING:
    from apps.caching.queries import Query

# Asks that a process knows, of all queries together: then it begins anew. One takes 2 to 3 kB.
MOST_KNOWN = 10_000


class Key(NamedTuple):
    """Where a value is, and the position that whoever fills it must not read behind.

    `asked` names what was asked, whatever the versions.
    """

    group: str
    name: str
    position: Position
    asked: str


@dataclass(slots=True)
class Known:
    """What is known of an ask: its tags by the server's own keys, and the key that it had last."""

    tags: dict[str, str]
    last: "Last | None" = None


# By query, group and ask.
_asks: dict[tuple[str, str, Any], Known] = {}


class Last(NamedTuple):
    """A key, and what it was made of."""

    moves: int
    versions: list[str | None]
    key: Key


def keys_for(query: "Query", group: str, asks: Sequence[Any]) -> list[Key | None]:
    """Return the keys for the versions of now, of each of some asks of one group.

    The `repr` of an ask says which value it is. None stands for one that a commit under way
    touches.
    """
    return keys_of(group, [(query, ask) for ask in asks])


def keys_of(group: str, asks: "Sequence[tuple[Query, Any]]") -> list[Key | None]:
    """Do the same for asks of several queries of one group."""
    wanted = [_known(query, group, ask) for query, ask in asks]
    every = {name: tag for known in wanted for name, tag in known.tags.items()}
    versions = memory.versions(group, list(every))
    unknown = {name: tag for name, tag in every.items() if versions[name] is None}
    versions |= _new_versions(group, unknown)
    dependencies.depends(versions)
    moves = directory.current().epochs.get(group, 0)
    return [
        _key(query.name, group, moves, ask, known, [versions[name] for name in known.tags])
        for (query, ask), known in zip(asks, wanted, strict=True)
    ]


def names_of(group: str, asks: "Iterable[tuple[Query, Any]]") -> list[str]:
    """Return the server's own keys of the tags of asks."""
    return [name for query, ask in asks for name in _known(query, group, ask).tags]


def _known(query: "Query", group: str, ask: Any) -> Known:
    """Return what is known of an ask; equal ones have the same tags and the same answer."""
    try:
        known = _asks.get((query.name, group, ask))
    except TypeError:
        # A list among its arguments: such an ask is looked at anew each time.
        return Known(_tags(query, group, ask))
    if known is None:
        if len(_asks) >= MOST_KNOWN:
            _asks.clear()
        known = _asks[query.name, group, ask] = Known(_tags(query, group, ask))
    return known


def _tags(query: "Query", group: str, ask: Any) -> dict[str, str]:
    named = query.tags(ask)
    return {store.tag_key(group, tag): tag for tag in [*named, *map(tags.whole, named)]}


def _key(
    query: str, group: str, moves: int, ask: Any, known: Known, found: list[str | None]
) -> Key | None:
    last = known.last
    if last is not None and last.versions == found and last.moves == moves:
        return last.key
    there = [version for version in found if version is not None]
    # Versions are text of one length: the furthest is the last one, and a mark comes before all.
    if len(there) < len(found) or min(there).startswith("!"):
        return None
    asked = repr((code.fingerprint(), query, group, moves, ask))
    key = Key(group, _digest(asked + repr(found)), store.reached(max(there)), _digest(asked))
    known.last = Last(moves, found, key)
    return key


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _new_versions(group: str, unknown: dict[str, str]) -> dict[str, str | None]:
    """Give tags that have none the primary's position; others may be at some of them."""
    if not unknown:
        return {}
    writer = uuid4().hex[:12]
    mine = store.claim(group, list(unknown.values()), writer)
    if not mine:
        return {}
    given = store.bump(group, mine, writer, positions.ask(group))
    held = dict(zip((store.tag_key(group, tag) for tag in mine), given, strict=True))
    recent.note(held)
    return {**held}
