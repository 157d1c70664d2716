"""Versions and values in this process' memory: the grid's near cache, in front of the data grid.

A value never changes under its key. A version does, and here it is as old as the stream of
invalidations: a mark is heard a moment after it was made. So versions of here serve only readers
whose token is confirmed: it stands for commits that were known before a ping that was answered, and
each of them had marked its tags before it was known.
"""

from collections.abc import Iterable, Mapping, Sequence
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


def versions(names: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
    """Return versions by the server's own keys, as this reader may see them; None where none is.

    The names are given by group. The server is asked for what lacks, in one round trip.
    """
    sure = [name for group, some in names.items() if _is_confirmed(group) for name in some]
    entries = near().find_all(sure) if sure else {}
    found: dict[str, str | None] = {name: entry.value for name, entry in entries.items()}
    lacking = [name for some in names.values() for name in some if name not in found]
    for name, raw in recent.fetch(lacking, _fetch).items():
        found[name] = None if raw is None else raw.decode()
    return found


def current(names: Sequence[str]) -> list[str]:
    """Return versions by the server's own keys, empty where there is none; asks for what lacks."""
    entries = near().find_all(names)
    lacking = [name for name in names if name not in entries]
    fetched = dict(zip(lacking, _fetch(lacking), strict=True))
    return [
        str(entries[name].value) if name in entries else (fetched[name] or b"").decode()
        for name in names
    ]


def values(keys: Iterable[str]) -> dict[str, bytes]:
    """Return those stored values that are here, by key."""
    named = {store.value_key(key): key for key in keys}
    return {named[name]: entry.value for name, entry in near().find_all(list(named)).items()}


def fetch_values(keys: Iterable[str]) -> None:
    """Have those of some stored values here that the server has, in one round trip.

    Nothing is fetched while it could not be kept.
    """
    if not near().trusted:
        return
    wanted = [store.value_key(key) for key in keys]
    here = near().find_all(wanted)
    _fetch([name for name in wanted if name not in here])


def keep(stored: Mapping[str, bytes]) -> None:
    """Keep stored values, by key."""
    memory = near()
    named = {store.value_key(key): value for key, value in stored.items()}
    memory.end(memory.begin(named), {name: _entry(name, value) for name, value in named.items()})


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


def _entry(name: str, raw: bytes) -> Entry:
    until = clock() + LONGEST
    if name.startswith(store.TAGS):
        return Entry(raw.decode(), False, until)
    return Entry(raw, True, until)
