"""Single flight: one reader of one process fills what the cache lacks, the others wait for it."""

import pickle
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from apps.caching import memory, recent, stats, store
from apps.caching.keys import Key
from apps.kernel import dependencies, words
from apps.replication import scopes, servers, tokens
from apps.replication.tokens import START, Position
from apps.sharding import harvest

if TYPE_CHECKING:
    from apps.caching.queries import Query

T = TypeVar("T")
# A query, and what it is asked.
Asked = tuple["Query", Any]


class Unkept(Generic[T]):
    """An answer of a cached function that is right for now, and not to be kept."""

    def __init__(self, value: T) -> None:
        self.value = value


class Filled(NamedTuple):
    """What servers answered to asks of one query, by number; `reading` knows how far they were."""

    values: dict[int, Any]
    groups: set[str]
    reading: scopes.Scope


# Keys of what this reader is filling just now.
_filling: ContextVar[frozenset[str]] = ContextVar("caching_filling", default=frozenset())

# The right to fill a value ends after this; others wait as long, then read for themselves.
FILL_MS = 2000
PAUSE_SECONDS = 0.01


def look_up(asks: Sequence[Asked], wanted: dict[int, Key], found: dict[int, Any]) -> None:
    """Put into `found`, by number, what is cached for the wanted keys, or is filled meanwhile.

    What others take too long to fill is left out. Raises store.Away.
    """
    pending = _from_memory(asks, wanted, found)
    if pending and recent.look_ahead():
        pending = _from_memory(asks, pending, found)
    pending = _without_our_own(pending)
    if not pending:
        return
    holder, until = words.unique(), time.monotonic() + FILL_MS / 1000
    while pending:
        there, mine = _from_grid(asks, pending, holder)
        found |= _taken({number: (pending[number].group, raw) for number, raw in there.items()})
        for filled in _fill(asks, mine, holder):
            found |= _seen(filled)
        pending = {number: key for number, key in pending.items() if number not in found}
        if pending and not mine:
            pending = _before(asks, pending, found)
            if time.monotonic() > until:
                return
            time.sleep(PAUSE_SECONDS if pending else 0)


def have_ready(asks: Sequence[Asked], wanted: dict[int, Key]) -> None:
    """Have in memory what is cached for the wanted keys; fill what nobody else fills just now.

    No reader has seen any of it yet: he does when he takes it. What a server that is away would
    have said is left to who asks. Raises store.Away, and what the database raises.
    """
    here = memory.values(key.name for key in wanted.values())
    lacking = {number: key for number, key in wanted.items() if key.name not in here}
    pending = _without_our_own(lacking)
    if pending:
        holder = words.unique()
        _, mine = _from_grid(asks, pending, holder)
        with harvest.kept():
            _fill(asks, mine, holder)


def _without_our_own(keys: dict[int, Key]) -> dict[int, Key]:
    """Return the keys without those that this reader is filling: it would wait for itself."""
    return {number: key for number, key in keys.items() if key.name not in _filling.get()}


def plain(value: Any) -> Any:
    """Return a value as its function meant it."""
    if not isinstance(value, Unkept):
        return value
    dependencies.passing("a cached query answered what is not to be kept")
    return value.value


def _from_memory(
    asks: Sequence[Asked], wanted: dict[int, Key], found: dict[int, Any]
) -> dict[int, Key]:
    """Take what this process remembers; returns the rest."""
    there = memory.values(key.name for key in wanted.values())
    if not there:
        return wanted
    here = {number: key for number, key in wanted.items() if key.name in there}
    found |= _taken({number: (key.group, there[key.name]) for number, key in here.items()})
    _count(asks, here, "near")
    return {number: key for number, key in wanted.items() if number not in here}


def _from_grid(
    asks: Sequence[Asked], pending: dict[int, Key], holder: str
) -> tuple[dict[int, bytes], dict[int, Key]]:
    """Return what the data grid has, and what this reader is to fill: in one round trip."""
    there, mine = {}, {}
    answers = store.get_or_lock([key.name for key in pending.values()], holder, FILL_MS)
    for (number, key), stored in zip(pending.items(), answers, strict=True):
        if isinstance(stored, bytes):
            there[number] = stored
        elif stored:
            mine[number] = key
    if there:
        memory.keep({pending[number].name: stored for number, stored in there.items()})
        _count(asks, there, "hit")
    return there, mine


def _fill(asks: Sequence[Asked], mine: dict[int, Key], holder: str) -> list[Filled]:
    """Have servers answer query by query; all of it is stored in one round trip."""
    by_query: defaultdict[str, dict[int, Key]] = defaultdict(dict)
    for number, key in mine.items():
        by_query[asks[number][0].name][number] = key
    before = _filling.set(_filling.get().union(key.name for key in mine.values()))
    filled: list[Filled] = []
    try:
        for keys in by_query.values():
            filled.append(_read(asks, keys))
    finally:
        _filling.reset(before)
        # Also where one of them failed: what the others have answered is there for all.
        _end(asks, mine, filled, holder)
    return filled


def _end(
    asks: Sequence[Asked], mine: dict[int, Key], filled: Sequence[Filled], holder: str
) -> None:
    """Store what was answered and may be kept; of the rest, let the right to fill it go."""
    packed = {
        number: pickle.dumps((one.reading.token[mine[number].group], value))
        for one in filled
        for number, value in one.values.items()
        if not isinstance(value, Unkept)
    }
    rest = [key.name for number, key in mine.items() if number not in packed]
    if rest:
        store.release(rest, holder)
    _store(asks, mine, packed, holder)


def _read(asks: Sequence[Asked], mine: dict[int, Key]) -> Filled:
    """Ask servers that are as far as the keys, all of one query."""
    query = asks[next(iter(mine))][0]
    scope = scopes.current()
    with (
        dependencies.paused(),
        scopes.scope(scope.token if scope else None) as reading,
        harvest.noted() as missed,
    ):
        reading.is_exact = bool(scope and scope.is_exact)
        for key in mine.values():
            tokens.advance(reading.token, key.group, key.position, is_primary=True)
        values = query.load([asks[number][1] for number in mine])
    # What a server that is away would have said, and what one that is behind has said, is not kept.
    doubtful = missed | reading.behind
    pairs = zip(mine.items(), values, strict=True)
    found = {n: Unkept(plain(v)) if key.group in doubtful else v for (n, key), v in pairs}
    return Filled(found, {key.group for key in mine.values()}, reading)


def _seen(filled: Filled) -> dict[int, Any]:
    """Return the answers to whoever reads nothing older from now on."""
    scope = scopes.current()
    if scope is not None:
        for group in filled.groups:
            tokens.advance(scope.token, group, filled.reading.token[group], is_primary=True)
        scope.take_faults(filled.reading)
    return {number: plain(value) for number, value in filled.values.items()}


def _store(
    asks: Sequence[Asked], mine: dict[int, Key], packed: dict[int, bytes], holder: str
) -> None:
    if not packed:
        return
    named = {mine[number].name: raw for number, raw in packed.items()}
    last = {
        mine[number].asked: (mine[number].name, asks[number][0].stale_seconds)
        for number in packed
        if asks[number][0].stale_seconds
    }
    try:
        kept = store.put(named, holder, last=last)
    except store.Away:
        kept = [False] * len(packed)
    stored = [number for number, is_kept in zip(packed, kept, strict=True) if is_kept]
    # Who makes a page asks for some of it twice, and for most of it again soon.
    memory.keep({mine[number].name: packed[number] for number in stored})
    _count(asks, stored, "filled")
    _count(asks, packed.keys() - set(stored), "late")


def _count(asks: Sequence[Asked], numbers: Iterable[int], outcome: str) -> None:
    for name, count in Counter(asks[number][0].name for number in numbers).items():
        stats.count(name, outcome, count)


def _before(
    asks: Sequence[Asked], pending: dict[int, Key], found: dict[int, Any]
) -> dict[int, Key]:
    """Take the values before those that are being filled, where the query allows it."""
    rest = {}
    for number, key in pending.items():
        query = asks[number][0]
        stored = store.before(key.asked) if query.stale_seconds else None
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
