"""The key of a cached value: what was asked, and the versions of all that it depends on."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from apps.caching import memory, store, tags
from apps.replication import positions
from apps.replication.tokens import Position


class Key(NamedTuple):
    """Where a value is, and the position that whoever fills it must not read behind."""

    group: str
    name: str
    position: Position


def key_for(query: str, named: Sequence[str], group: str, asked: Any) -> Key | None:
    """Return the key for the versions of now; None while a commit that touches them is under way.

    `named` are the tags, `asked` the arguments: their `repr` says which value it is.
    """
    wanted = [*named, *dict.fromkeys(tags.whole(tag) for tag in named)]
    found = memory.versions(group, wanted)
    for number, version in enumerate(found):
        if version is None:
            found[number] = _new_version(group, wanted[number])
    if any(version is None or version.startswith("!") for version in found):
        return None
    text = repr((query, group, asked, found))
    newest = max(store.reached(str(version)) for version in found)
    return Key(group, hashlib.sha256(text.encode()).hexdigest(), newest)


def _new_version(group: str, tag: str) -> str | None:
    """Give a tag that has none the primary's position; None where another one is at it."""
    writer = uuid4().hex[:12]
    if not store.claim(group, tag, writer):
        return None
    store.bump(group, [tag], writer, positions.ask(group))
    return store.versions(group, [tag])[0]
