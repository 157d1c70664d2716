"""The key of a cached value: what was asked, and the versions of all that it depends on."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from apps.caching import code, memory, store, tags
from apps.kernel import dependencies
from apps.replication import positions
from apps.replication.tokens import Position
from apps.sharding import directory


class Key(NamedTuple):
    """Where a value is, and the position that whoever fills it must not read behind.

    `asked` names what was asked, whatever the versions.
    """

    group: str
    name: str
    position: Position
    asked: str


def keys_for(query: str, group: str, asks: Sequence[tuple[Sequence[str], Any]]) -> list[Key | None]:
    """Return the keys for the versions of now, of each of some asks of one group.

    An ask is its tags and its arguments: their `repr` says which value it is. None stands for one
    that a commit under way touches.
    """
    wanted = [[*named, *dict.fromkeys(tags.whole(tag) for tag in named)] for named, _ in asks]
    every = list(dict.fromkeys(tag for named in wanted for tag in named))
    versions = dict(zip(every, memory.versions(group, every), strict=True))
    versions |= _new_versions(group, [tag for tag in every if versions[tag] is None])
    dependencies.depends({store.tag_key(group, tag): version for tag, version in versions.items()})
    return [
        _key(query, group, ask, [versions[tag] for tag in named])
        for named, (_, ask) in zip(wanted, asks, strict=True)
    ]


def _key(query: str, group: str, ask: Any, found: list[Any]) -> Key | None:
    if None in found:
        return None
    # Versions are text of one length: the furthest is the last one, and a mark comes before all.
    if min(found).startswith("!"):
        return None
    newest = store.reached(max(found))
    moves = directory.current().epochs.get(group, 0)
    asked = repr((code.fingerprint(), query, group, moves, ask))
    return Key(group, _digest(asked + repr(found)), newest, _digest(asked))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _new_versions(group: str, unknown: list[str]) -> dict[str, str | None]:
    """Give tags that have none the primary's position; others may be at some of them."""
    if not unknown:
        return {}
    writer = uuid4().hex[:12]
    mine = store.claim(group, unknown, writer)
    if not mine:
        return {}
    given = store.bump(group, mine, writer, positions.ask(group))
    return dict(zip(mine, given, strict=True))
