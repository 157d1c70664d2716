"""The reader that this thread or task serves right now: one scope a request, task or command.

Outside a scope every read goes to the primary: that is always right, only never spread.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from apps.replication import servers, tokens


@dataclass
class Scope:
    """What one reader has seen (`token`) and where it has written (`written`, group names).

    `committed` are the groups that were told to commit, whatever became of it. `answered` are the
    servers that its reads came from, by group; `aged` the groups whose primary was away, with how
    old what was read there may be, in seconds; `behind` those of them that were read from a replica
    which may lack what this reader has seen. `kept_elsewhere`: no cookie carries the token on.
    """

    token: tokens.Token
    written: set[str] = field(default_factory=set)
    committed: set[str] = field(default_factory=set)
    answered: dict[str, set[str]] = field(default_factory=dict)
    aged: dict[str, float] = field(default_factory=dict)
    behind: set[str] = field(default_factory=set)
    primary_only: bool = False
    is_exact: bool = False
    kept_elsewhere: bool = False

    def note_aged(self, group: str, seconds: float) -> None:
        """Note that a read was answered in place of a primary that is away."""
        self.aged[group] = max(seconds, self.aged.get(group, 0.0))

    def take_faults(self, other: "Scope") -> None:
        """Note what another scope has read in place of primaries."""
        for group, seconds in list(other.aged.items()):
            self.note_aged(group, seconds)
        self.behind |= set(other.behind)


# Called with the token of each scope that opens: raises it to what is known of the servers.
Follower = Callable[[tokens.Token], None]
_followers: list[Follower] = []

_current: ContextVar[Scope | None] = ContextVar("replication_scope", default=None)


def on_open(follower: Follower) -> None:
    """Have a function look at, and raise, the token of each scope that opens."""
    _followers.append(follower)


def current() -> Scope | None:
    """Return the scope of this request or task, None outside of one."""
    return _current.get()


@contextmanager
def scope(token: tokens.Token | None = None) -> Iterator[Scope]:
    """Serve a reader who has seen `token`; reads may go to replicas that are as far."""
    opened = Scope(token=dict(token or {}))
    for follow in _followers:
        follow(opened.token)
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


@contextmanager
def exact() -> Iterator[None]:
    """Read what is known to be whole, for as long as the block runs: for who sees whom.

    With a primary away, that is a replica which has all that this process has heard of.
    """
    scope_now = _current.get()
    if scope_now is None or scope_now.is_exact:
        yield
        return
    scope_now.is_exact = True
    try:
        yield
    finally:
        scope_now.is_exact = False


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

    Returns what brings home, in the first context, all that it has seen and written by then; the
    other thread may still be at work.
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
        aged={},
        behind=set(),
    )
    _current.set(forked)

    def join() -> None:
        for group, position in list(forked.token.items()):
            tokens.advance(before.token, group, position, is_primary=True)
        before.written |= set(forked.written)
        before.committed |= set(forked.committed)
        for group, aliases in list(forked.answered.items()):
            before.answered.setdefault(group, set()).update(aliases)
        before.take_faults(forked)

    return join
