"""The reader that this thread or task serves right now: one scope a request, task or command.

Outside a scope every read goes to the primary: that is always right, only never spread.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import ParamSpec, TypeVar

from apps.replication import servers, tokens

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Scope:
    """What one reader has seen (`token`) and where it has written (`written`, group names).

    `committed` are the groups that were told to commit, whatever became of it. `answered` are the
    servers that its reads came from, by group.
    """

    token: tokens.Token
    written: set[str] = field(default_factory=set)
    committed: set[str] = field(default_factory=set)
    answered: dict[str, set[str]] = field(default_factory=dict)
    primary_only: bool = False


_current: ContextVar[Scope | None] = ContextVar("replication_scope", default=None)


def current() -> Scope | None:
    """Return the scope of this request or task, None outside of one."""
    return _current.get()


@contextmanager
def scope(token: tokens.Token | None = None) -> Iterator[Scope]:
    """Serve a reader who has seen `token`; reads may go to replicas that are as far."""
    opened = Scope(token=dict(token or {}))
    for group, position in opened.token.items():
        servers.history(group).saw(position, time.monotonic())
    before = _current.set(opened)
    try:
        yield opened
    finally:
        _current.reset(before)


@contextmanager
def primary() -> Iterator[None]:
    """Read from primaries only, for as long as the block runs.

    with scopes.primary():
        account = Account.objects.get(pk=account_id)
    """
    scope_now = _current.get()
    if scope_now is None or scope_now.primary_only:
        yield
        return
    scope_now.primary_only = True
    try:
        yield
    finally:
        scope_now.primary_only = False


def requires_fresh(view: Callable[P, R]) -> Callable[P, R]:
    """Have a view read from primaries only: one that decides by what others may just have changed.

    What its answer reads when it is rendered later may come from replicas again.
    """

    @wraps(view)
    def fresh(*args: P.args, **options: P.kwargs) -> R:
        with primary():
            return view(*args, **options)

    return fresh


def note_write(group: str) -> None:
    """Remember that this reader writes to `group`: its reads there stay on the primary."""
    scope_now = _current.get()
    if scope_now is not None:
        scope_now.written.add(group)


def note_commit(group: str) -> None:
    """Remember that this reader's COMMIT is on its way: from now on it may have happened."""
    scope_now = _current.get()
    if scope_now is not None:
        scope_now.committed.add(group)


def note_doubt(group: str) -> None:
    """Have this reader's reads go to the primary until it has said how far it is."""
    scope_now = _current.get()
    if scope_now is not None:
        tokens.doubt(scope_now.token, group)


def fork() -> Callable[[], None]:
    """Give another thread, in a copy of this context, a reader of its own with the same token.

    Returns what brings home, in the first context, all that it has seen and written.
    """
    before = _current.get()
    if before is None:
        return lambda: None
    forked = replace(
        before,
        token=dict(before.token),
        written=set(before.written),
        committed=set(before.committed),
        answered={},
    )
    _current.set(forked)

    def join() -> None:
        for group, position in forked.token.items():
            tokens.advance(before.token, group, position, is_primary=True)
        before.written |= forked.written
        before.committed |= forked.committed
        for group, aliases in forked.answered.items():
            before.answered.setdefault(group, set()).update(aliases)

    return join
