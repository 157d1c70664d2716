"""Harvest: the share of the shards that answered a request (Fox and Brewer).

    with harvest.kept():
        found = harvest.from_each(conf().shards, lambda shard: newest_on(shard))

A page shows what it could get and says what is missing. Outside of `kept`, inside a transaction,
and where the primary alone may answer, a shard that is away is an error: nothing is decided by half
of what there is.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import Error, InterfaceError, OperationalError, connections

from apps.replication import replicas, scopes, servers

R = TypeVar("R")
D = TypeVar("D")

AWAY = (OperationalError, InterfaceError)
# SQLSTATE classes of a server that is going or full: with any other it has answered.
GOING = ("08", "53", "57P")


@dataclass
class Harvest:
    """The shards that one request asked, and those of them that did not answer."""

    asked: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    @property
    def is_whole(self) -> bool:
        """Whether all answered."""
        return not self.missing

    def __str__(self) -> str:
        return f"{len(self.asked) - len(self.missing)}/{len(self.asked)}"


_current: ContextVar[Harvest | None] = ContextVar("sharding_harvest", default=None)


@contextmanager
def kept() -> Iterator[Harvest]:
    """Take what can be had, for as long as the block runs; what lacks is noted."""
    opened = Harvest()
    token = _current.set(opened)
    try:
        yield opened
    finally:
        _current.reset(token)


@contextmanager
def noted() -> Iterator[set[str]]:
    """Give the shards that did not answer within the block, also those missed before it."""
    outer = _current.get()
    if outer is None:
        yield set()
        return
    inner = Harvest()
    token = _current.set(inner)
    try:
        yield inner.missing
    finally:
        _current.reset(token)
        outer.asked |= inner.asked
        outer.missing |= inner.missing


def missing() -> frozenset[str]:
    """Return the shards that have not answered this request so far."""
    harvest = _current.get()
    return frozenset(harvest.missing if harvest else ())


def known_away(shards: Iterable[str]) -> set[str]:
    """Return those of some shards that are not worth asking now; they count as missing."""
    found = {shard for shard in shards if not replicas.may_answer(shard)}
    harvest = _current.get()
    if harvest is not None:
        harvest.asked |= found
        harvest.missing |= found
    return found


def from_each(shards: Iterable[str], ask: Callable[[str], R]) -> dict[str, R]:
    """Ask shards in turn; returns the answers of those that gave one."""
    found: dict[str, R] = {}
    for shard in shards:
        answer = part(shard, lambda shard=shard: (ask(shard),), ())  # type: ignore[misc]
        if answer:
            found[shard] = answer[0]
    return found


def part(shard: str, ask: Callable[[], R], default: D) -> R | D:
    """Return one shard's part of a page, `default` where the shard is away."""
    harvest = _current.get()
    if harvest is None or _must_be_whole(shard):
        return ask()
    harvest.asked.add(shard)
    try:
        return ask()
    except AWAY as error:
        if not is_away(error):
            raise
    harvest.missing.add(shard)
    return default


def is_away(error: Exception) -> bool:
    """Tell whether an error is of a server that is away, not of what it was asked."""
    if isinstance(error, servers.ServerAway):
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, Error) and (state is None or state.startswith(GOING))


def _must_be_whole(shard: str) -> bool:
    scope = scopes.current()
    return bool(scope and scope.primary_only) or connections[shard].in_atomic_block
