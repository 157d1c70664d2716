"""Versions and values in this process' memory: the grid's near cache, in front of the data grid.

A value never changes under its key. A version does, and here it is as old as the stream of
invalidations: a mark is heard a moment after it was made. So versions of here serve only readers
whose token is confirmed: it stands for commits that were known before a ping that was answered, and
each of them had marked its tags before it was known.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import cast

from django.core.cache import caches

from apps.caching import recent, store
from apps.grid import hot_keys, tracking
from apps.grid.backend import NearCache
from apps.grid.near_cache import LONGEST, Entry, Near, clock
from apps.grid.tracking import Stream
from apps.kernel import words
from apps.replication import positions, scopes, servers
from apps.replication.tokens import START, Token
from apps.sharding import harvest
from apps.sharding.conf import conf

log = logging.getLogger(__name__)

Get = Callable[[Sequence[str]], Sequence[bytes | None]]


def begin() -> None:
    """Have the grid hear of versions, and warm new units up with versions and values."""
    tracking.watch(store.TAGS, _known)
    for prefix in (store.TAGS, store.VALUES):
        hot_keys.fetch_with(prefix, _fetch)


def versions(names: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
    """Return versions by the server's own keys, as this reader may see them.

    The names come by group. The server is asked for what lacks, in one round trip, and in one more
    where tags have no version: these are given one.
    """
    sure = [name for group, some in names.items() if _is_confirmed(group) for name in some]
    entries = near().find_all(sure) if sure else {}
    found: dict[str, str | None] = {name: entry.value for name, entry in entries.items()}
    lacking = [name for some in names.values() for name in some if name not in found]
    given: dict[str, bytes] = {}
    fetched = recent.fetch(lacking, partial(_get_or_give, given)) | given
    # What was given is newer than what was fetched with it, and says nothing of how new that is.
    recent.note(given)
    return found | {
        name: None if (raw := fetched[name]) is None else raw.decode() for name in lacking
    }


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


def _get_or_give(given: dict[str, bytes], names: list[str]) -> list[bytes | None]:
    """Ask the server for versions; tags that have none are marked, and `given` one."""
    writer = words.unique()
    mark = f"!{writer}|0".encode()
    found = _fetch(names, partial(store.get_or_claim, mark=mark))
    claimed = [name for name, raw in zip(names, found, strict=True) if raw == mark]
    if claimed:
        groups = {name: store.group_of(name) for name in claimed}
        reached = _reached(set(groups.values()))
        at = {name: reached[group] for name, group in groups.items() if group in reached}
        given |= store.give(at, writer) if at else {}
    return found


def _reached(groups: Iterable[str]) -> Token:
    """Return how far primaries are; one that cannot say is left out, and what it has by-passed."""
    found: Token = {}
    for group in groups:
        try:
            found[group] = positions.ask(group)
        except harvest.AWAY as error:
            log.debug("%s is away (%s); what is cached of it is by-passed.", group, error)
    return found


def _fetch(names: Sequence[str], get: Get = store.get_many) -> list[bytes | None]:
    """Ask the server; keep what is there and is no mark."""
    if not names:
        return []
    memory = near()
    tickets = memory.begin(names)
    found = list(get(names))
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
