"""The key of a cached value: what was asked, and the versions of all that it depends on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from apps.caching import code, memory, store, tags
from apps.kernel import dependencies
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

    tags: tuple[str, ...]
    last: "Last | None" = None


# By query, group and ask.
_asks: dict[tuple[str, str, Any], Known] = {}


class Last(NamedTuple):
    """A key, and what it was made of."""

    moves: int
    versions: list[str | None]
    key: Key


def keys_of(asks: "Mapping[str, Sequence[tuple[Query, Any]]]") -> dict[str, list[Key | None]]:
    """Return the keys for the versions of now, of asks of some queries, by their group.

    The `repr` of an ask says which value it is. None stands for one that a commit under way
    touches, and where the primary cannot say its version.
    """
    wanted = {
        group: [_known(query, group, ask) for query, ask in some] for group, some in asks.items()
    }
    names = {
        group: list(dict.fromkeys(name for known in some for name in known.tags))
        for group, some in wanted.items()
    }
    versions = memory.versions(names)
    dependencies.depends(versions)
    moves = directory.current().epochs
    return {
        group: [
            _key(query.name, group, moves.get(group, 0), ask, known, versions)
            for (query, ask), known in zip(some, wanted[group], strict=True)
        ]
        for group, some in asks.items()
    }


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


def _tags(query: "Query", group: str, ask: Any) -> tuple[str, ...]:
    named = query.tags(ask)
    return tuple(store.tag_key(group, tag) for tag in [*named, *map(tags.whole, named)])


def _key(
    query: str, group: str, moves: int, ask: Any, known: Known, versions: Mapping[str, str | None]
) -> Key | None:
    found = [versions[name] for name in known.tags]
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
