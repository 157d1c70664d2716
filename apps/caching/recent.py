"""Versions that one request has fetched, so that it asks for none of them twice.

A version is as new as anybody may want who has seen no more than was known when the server was
asked for it. So it serves this request until a read of its own shows it something later.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apps.caching import store
from apps.kernel import waiting
from apps.replication import scopes, tokens
from apps.replication.tokens import START, Position

# The timeline of a server that has never taken another's place.
FIRST = 1

Fetch = Callable[[list[str]], list[bytes | None]]
Look = Callable[[Sequence[Any]], None]


class Fetched(NamedTuple):
    """A version as the server has it, for readers who have seen no more than `covers`."""

    raw: bytes
    covers: Position


@dataclass
class Recent:
    """What a request has fetched, and the names of what it will want: those of its last answer.

    `ahead` is what to look for, and by whom, before the first thing is fetched that memory lacks.
    """

    foreseen: Sequence[str] = ()
    fetched: dict[str, Fetched] = field(default_factory=dict)
    ahead: dict[Look, list[Any]] = field(default_factory=dict)


_recent: ContextVar[Recent | None] = ContextVar("recent_versions", default=None)


@contextmanager
def remembering(foreseen: Sequence[str] = ()) -> Iterator[None]:
    """Remember what is fetched; with the first of it comes all that is foreseen, in one go."""
    names = [name for name in foreseen if name.startswith(store.TAGS)]
    before = _recent.set(Recent(names))
    try:
        yield
    finally:
        _recent.reset(before)


def fetch(names: list[str], ask: Fetch) -> dict[str, bytes | None]:
    """Return versions by the server's own keys; `ask` asks for what lacks."""
    if not names:
        return {}
    recent, scope = _recent.get(), scopes.current()
    if recent is None or scope is None:
        return dict(zip(names, ask(names), strict=True))
    look_ahead()
    seen = dict(scope.token)
    known: dict[str, bytes | None] = {
        name: held.raw
        for name in names
        if (held := recent.fetched.get(name)) is not None
        and store.group_of(name) not in scope.written
        and held.covers.covers(seen.get(store.group_of(name), START))
    }
    lacking = [name for name in names if name not in known]
    if not lacking:
        return known
    wanted = list(dict.fromkeys([*lacking, *recent.foreseen]))
    recent.foreseen = ()
    found = dict(zip(wanted, ask(wanted), strict=True))
    settled = {
        name: raw for name, raw in found.items() if store.group_of(name) not in scope.written
    }
    _remember(recent, settled, seen)
    return known | {name: found[name] for name in lacking}


def note(versions: Mapping[str, bytes]) -> None:
    """Remember versions that the server has given to tags for this request just now."""
    recent, scope = _recent.get(), scopes.current()
    if recent is not None and scope is not None:
        _remember(recent, versions, dict(scope.token))


def before_fetching(look: Look, wanted: Sequence[Any]) -> None:
    """Have things looked for, with all else that is by then, before the next thing is fetched.

    Outside of a request it never is.
    """
    recent = _recent.get()
    if recent is not None:
        recent.ahead.setdefault(look, []).extend(wanted)


def look_ahead() -> bool:
    """Do what is to be done before something is fetched; tells whether there was anything."""
    recent = _recent.get()
    if recent is None or not recent.ahead:
        return False
    looks, recent.ahead = recent.ahead, {}
    try:
        for look, wanted in looks.items():
            look(wanted)
    except waiting.WouldWait:
        recent.ahead = looks
        raise
    return True


def _remember(recent: Recent, found: Mapping[str, bytes | None], seen: dict[str, Position]) -> None:
    """Keep versions, each as far as all that was known by the moment that they were fetched."""
    there = {name: raw for name, raw in found.items() if raw and not raw.startswith(b"!")}
    # Where a primary was lost, a token may stand for a position that no server ever had: joined
    # of what was lost and of what came after. Then only versions say what was known.
    known = {group: at for group, at in tokens.sure(seen).items() if at.timeline <= FIRST}
    for name, raw in there.items():
        group = store.group_of(name)
        # On a later timeline, what only the earlier one had is not known of this one.
        known[group] = max(known.get(group, START), store.reached(raw.decode()))
    recent.fetched |= {
        name: Fetched(raw, known[store.group_of(name)]) for name, raw in there.items()
    }
