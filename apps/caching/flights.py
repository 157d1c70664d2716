"""Single flight: one reader of one process fills what the cache lacks, the others wait for it."""

import pickle
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from apps.caching import memory, recent, stats, store
from apps.caching.keys import Key
from apps.kernel import dependencies, words
from apps.replication import scopes, servers, tokens
from apps.replication.tokens import START, Position
from apps.sharding import harvest

if TYPE_CHECKING:
    from apps.caching.queries import Query

T = TypeVar("T")


class Unkept(Generic[T]):
    """An answer of a cached function that is right for now, and not to be kept."""

    def __init__(self, value: T) -> None:
        self.value = value


# The right to fill a value ends after this; others wait as long, then read for themselves.
FILL_MS = 2000
PAUSE_SECONDS = 0.01


def look_up(query: "Query", asks: list[Any], wanted: dict[int, Key], found: dict[int, Any]) -> None:
    """Put into `found`, by number, what is cached for the wanted keys, or is filled meanwhile.

    What others take too long to fill is left out. Raises store.Away.
    """
    pending = _from_memory(query, wanted, found)
    if pending and recent.look_ahead():
        pending = _from_memory(query, pending, found)
    if not pending:
        return
    holder, until = words.unique(), time.monotonic() + FILL_MS / 1000
    while pending:
        mine = _from_grid(query, pending, holder, found)
        if mine:
            _fill(query, asks, mine, holder, found)
        pending = {number: key for number, key in pending.items() if number not in found}
        if pending and not mine:
            pending = _before(query, pending, found)
            if time.monotonic() > until:
                return
            time.sleep(PAUSE_SECONDS if pending else 0)


def plain(value: Any) -> Any:
    """Return a value as its function meant it."""
    if not isinstance(value, Unkept):
        return value
    dependencies.passing("a cached query answered what is not to be kept")
    return value.value


def _from_memory(query: "Query", wanted: dict[int, Key], found: dict[int, Any]) -> dict[int, Key]:
    """Take what this process remembers; returns the rest."""
    there = memory.values(key.name for key in wanted.values())
    if not there:
        return wanted
    here = {number: key for number, key in wanted.items() if key.name in there}
    found |= _taken({number: (key.group, there[key.name]) for number, key in here.items()})
    stats.count(query.name, "near", len(here))
    return {number: key for number, key in wanted.items() if number not in here}


def _from_grid(
    query: "Query", pending: dict[int, Key], holder: str, found: dict[int, Any]
) -> dict[int, Key]:
    """Take what the data grid has, in one round trip; returns what this reader is to fill."""
    mine, there = {}, {}
    answers = store.get_or_lock([key.name for key in pending.values()], holder, FILL_MS)
    for (number, key), stored in zip(pending.items(), answers, strict=True):
        if isinstance(stored, bytes):
            there[number] = (key.group, stored)
        elif stored:
            mine[number] = key
    if there:
        memory.keep({pending[number].name: stored for number, (_, stored) in there.items()})
        found |= _taken(there)
        stats.count(query.name, "hit", len(there))
    return mine


def _fill(
    query: "Query", asks: list[Any], mine: dict[int, Key], holder: str, found: dict[int, Any]
) -> None:
    try:
        values, token = _read(query, asks, mine)
    except BaseException:
        store.release([key.name for key in mine.values()], holder)
        raise
    found.update((number, plain(value)) for number, value in values.items())
    unkept = [number for number, value in values.items() if isinstance(value, Unkept)]
    if unkept:
        store.release([mine.pop(number).name for number in unkept], holder)
    for kept in _store(query, mine, holder, values, token):
        stats.count(query.name, "filled" if kept else "late")


def _read(
    query: "Query", asks: list[Any], mine: dict[int, Key]
) -> tuple[dict[int, Any], tokens.Token]:
    """Ask servers that are as far as the keys; returns the answers and how far they were."""
    scope = scopes.current()
    with (
        dependencies.paused(),
        scopes.scope(scope.token if scope else None) as reading,
        harvest.noted() as missed,
    ):
        reading.is_exact = bool(scope and scope.is_exact)
        for key in mine.values():
            tokens.advance(reading.token, key.group, key.position, is_primary=True)
        values = query.load([asks[number] for number in mine])
    if scope is not None:
        for group in {key.group for key in mine.values()}:
            tokens.advance(scope.token, group, reading.token[group], is_primary=True)
        scope.take_faults(reading)
    # What a server that is away would have said, and what one that is behind has said, is not kept.
    doubtful = missed | reading.behind
    pairs = zip(mine.items(), values, strict=True)
    found = {n: Unkept(plain(v)) if key.group in doubtful else v for (n, key), v in pairs}
    return found, reading.token


def _store(
    query: "Query",
    mine: dict[int, Key],
    holder: str,
    values: dict[int, Any],
    token: tokens.Token,
) -> list[bool]:
    packed = {
        key.name: pickle.dumps((token[key.group], values[number])) for number, key in mine.items()
    }
    if not packed:
        return []
    asked = {key.asked: key.name for key in mine.values()} if query.stale_seconds else {}
    try:
        kept = store.put(packed, holder, asked=asked, asked_seconds=query.stale_seconds)
    except store.Away:
        return [False] * len(mine)
    # Who makes a page asks for some of it twice, and for most of it again soon.
    memory.keep({name: packed[name] for name, is_kept in zip(packed, kept, strict=True) if is_kept})
    return kept


def _before(query: "Query", pending: dict[int, Key], found: dict[int, Any]) -> dict[int, Key]:
    """Take the values before those that are being filled, where the query allows it."""
    if not query.stale_seconds:
        return pending
    rest = {}
    for number, key in pending.items():
        stored = store.before(key.asked)
        if stored is None or not _has_all_seen(key.group, stored):
            rest[number] = key
        else:
            dependencies.passing(f"{query.name} answered what was before")
            found |= _taken({number: (key.group, stored)})
            stats.count(query.name, "stale")
    return rest


def _has_all_seen(group: str, stored: bytes) -> bool:
    position: Position = pickle.loads(stored)[0]  # noqa: S301  (of our own data grid)
    scope = scopes.current()
    return scope is not None and position.covers(scope.token.get(group, START))


def _taken(there: Mapping[int, tuple[str, bytes]]) -> dict[int, Any]:
    """Return stored values of groups; whoever takes them reads nothing older from now on."""
    found: dict[int, Any] = {}
    reached = set()
    for number, (group, stored) in there.items():
        position, found[number] = pickle.loads(stored)  # noqa: S301  (of our own data grid)
        reached.add((group, position))
    scope, now = scopes.current(), time.monotonic()
    for group, position in reached:
        # A process that finds all in the grid hears of no primary otherwise, and what it remembers
        # would never be confirmed.
        servers.history(group).saw(position, now)
        if scope is not None:
            tokens.advance(scope.token, group, position)
    return found
