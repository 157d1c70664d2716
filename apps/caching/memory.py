"""Versions and values in this process' memory: the grid's near cache, in front of the data grid.

A value never changes under its key. A version does, and here it is as old as the stream of
invalidations: a mark is heard a moment after it was made. So versions of here serve only readers
whose token is confirmed: it stands for commits that were known before a ping that was answered, and
each of them had marked its tags before it was known.
"""

from collections.abc import Sequence
from functools import cache
from typing import cast

from django.core.cache import caches

from apps.caching import recent, store
from apps.grid import hot_keys, tracking
from apps.grid.backend import NearCache
from apps.grid.near_cache import LONGEST, Entry, Near, clock
from apps.grid.tracking import Stream
from apps.replication import scopes, servers
from apps.replication.tokens import START, Token
from apps.sharding.conf import conf


def begin() -> None:
    """Have the grid hear of versions, and warm new units up with versions and values."""
    tracking.watch(store.TAGS, _known)
    for prefix in (store.TAGS, store.VALUES):
        hot_keys.fetch_with(prefix, _fetch)


def versions(group: str, names: list[str]) -> dict[str, str | None]:
    """Return versions by the server's own keys, as this reader may see them; None where none is.

    The server is asked for what lacks.
    """
    entries = near().find_all(names) if _is_confirmed(group) else {}
    lacking = [name for name in names if name not in entries]
    fetched = recent.fetch(group, lacking, _fetch)
    return {name: _version(entries.get(name), fetched.get(name)) for name in names}


def current(names: Sequence[str]) -> list[str]:
    """Return versions by the server's own keys, empty where there is none; asks for what lacks."""
    entries = near().find_all(names)
    lacking = [name for name in names if name not in entries]
    fetched = dict(zip(lacking, _fetch(lacking), strict=True))
    return [_version(entries.get(name), fetched.get(name)) or "" for name in names]


def value(key: str) -> bytes | None:
    """Return a stored value."""
    entry = near().find(store.value_key(key))
    return entry.value if entry else None


def keep(key: str, stored: bytes) -> None:
    """Keep a stored value."""
    memory, name = near(), store.value_key(key)
    memory.end(memory.begin([name]), {name: _entry(name, stored)})


def _cache() -> NearCache:
    return cast(NearCache, caches["default"])


def _known() -> Token:
    """Return how far each primary is, as far as this process has heard."""
    return {group: servers.history(group).latest for group in conf().primaries}


@cache
def stream() -> Stream:
    """Return what keeps this process' memory current: one for all threads, for good."""
    return _cache().stream


def near() -> Near:
    """Return this process' memory of the data grid."""
    found = stream()
    if found.near.most:
        found.ensure()
    return found.near


def confirmed() -> Token:
    """Return the positions whose marks this process has heard for certain."""
    found: Token = stream().confirmed.get(store.TAGS, {})
    return found


def _is_confirmed(group: str) -> bool:
    scope = scopes.current()
    if scope is None or group in scope.written:
        return False
    return confirmed().get(group, START).covers(scope.token.get(group, START))


def _fetch(names: list[str]) -> list[bytes | None]:
    """Ask the server; keep what is there and is no mark."""
    if not names:
        return []
    memory = near()
    tickets = memory.begin(names)
    found = store.get_many(names)
    kept = {
        name: _entry(name, raw)
        for name, raw in zip(names, found, strict=True)
        if raw is not None and not raw.startswith(b"!")
    }
    memory.end(tickets, kept)
    return found


def _version(entry: Entry | None, raw: bytes | None) -> str | None:
    if entry is not None:
        return str(entry.value)
    return raw.decode() if raw is not None else None


def _entry(name: str, raw: bytes) -> Entry:
    until = clock() + LONGEST
    if name.startswith(store.TAGS):
        return Entry(raw.decode(), False, until)
    return Entry(raw, True, until)
