"""What this process knows of each server: is it there, what is it doing, how far is it."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from django.db import OperationalError

from apps.kernel.breakers import Breaker
from apps.replication.conf import conf
from apps.replication.history import History
from apps.replication.slots import Slots
from apps.replication.tokens import START, Position

# Whoever finds that a question waits for so long, and nobody has heard anything since it was put,
# goes elsewhere with his own. Where others hear, it is this process that has no core.
SUSPICIOUS = 0.2
# Until then the watch has found out about a primary that hangs, and lets go who waits for it.
LINE_SECONDS = 3.0


class ServerAway(OperationalError):
    """A server is known to be away, or busy with all that this process may ask of it at once."""

    def __init__(self, alias: str, reason: str) -> None:
        super().__init__(f"{alias} is not asked just now: {reason or 'it does not answer'}")
        self.alias = alias


@dataclass(frozen=True)
class Report:
    """One replica, as far as this process has heard of it."""

    alias: str
    group: str
    state: str
    reason: str
    in_flight: int
    reads: int
    failures: int
    behind_bytes: int
    behind_seconds: float


class Server:
    """One server of a group: its breaker, and the threads that wait for it, so many at most.

    A primary is asked again when its watch has found it back, a replica by whoever comes next.
    """

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.breaker = Breaker()
        self.position = START
        self.reads = 0
        self.away_since = 0.0
        self._reading: dict[int, float] = {}
        self._asking: dict[int, float] = {}
        self._writing: dict[int, float] = {}
        self._heard_at = 0.0
        self._slots = Slots(conf().slots)

    @property
    def is_primary(self) -> bool:
        """Whether it takes writes."""
        return self.alias in conf().groups

    @property
    def is_away(self) -> bool:
        """Whether it has failed, and has not been seen to answer since."""
        return bool(self.breaker.in_a_row)

    @property
    def is_asked_here(self) -> bool:
        """Whether this thread waits for the answer to a short question."""
        return threading.get_ident() in self._asking

    @property
    def in_flight(self) -> int:
        """The number of reads that it works on for this process."""
        return len(self._reading)

    def may_be_asked(self) -> bool:
        """Tell whether to ask it now: it is not left out, and nobody waits in vain."""
        return not self._is_silent() and self.breaker.lets_in()

    def admit(self) -> None:
        """Raise ServerAway where a primary is not to be asked now."""
        if self.is_primary and (self.is_away or self._is_silent()):
            raise ServerAway(self.alias, self.breaker.reason)

    def leave_out(self, reason: object) -> None:
        """Ask it no more for a while."""
        if not self.is_away:
            self.away_since = time.monotonic()
        self.breaker.fail(reason)

    def note(self, position: Position) -> None:
        """Remember how far it is; with several servers at one address, the furthest."""
        self.position = self.position.joined(position)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Put a short question to it: what hangs meanwhile keeps the others away."""
        with self._counted(self._asking):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Have it answer a read."""
        self.reads += 1
        with self._counted(self._reading):
            yield

    @contextmanager
    def writing(self, *, has_locks: bool = False) -> Iterator[None]:
        """Have it carry out a statement that is no read of a scope.

        With locks of its transaction the thread goes before others: they may wait for these.
        """
        with self._counted(self._writing, has_locks=has_locks):
            yield

    def is_overdue(self, since: float) -> bool:
        """Tell whether what this thread has waited for since then is not worth the wait."""
        waited = time.monotonic() - since
        if self.is_asked_here or self.is_away:
            return waited > conf().answer_seconds
        return waited > (conf().write_seconds if self.is_primary else conf().read_seconds)

    def _is_silent(self) -> bool:
        now, heard_at = time.monotonic(), self._heard_at
        asked = self._asking.copy().values()
        return any(now - since > SUSPICIOUS and since > heard_at for since in asked)

    @contextmanager
    def _counted(self, waiting: dict[int, float], *, has_locks: bool = False) -> Iterator[None]:
        thread = threading.get_ident()
        if any(thread in held for held in (self._asking, self._reading, self._writing)):
            yield
            return
        self._refuse_if_away()
        # What a replica has can be had elsewhere.
        patience = LINE_SECONDS if self.is_primary else conf().answer_seconds
        if not self._slots.take(patience, has_locks=has_locks):
            raise ServerAway(self.alias, f"{conf().slots} threads wait for it already")
        try:
            # Those who were before may have found out.
            self._refuse_if_away()
            waiting[thread] = time.monotonic()
            yield
            self._heard_at = time.monotonic()
        finally:
            waiting.pop(thread, None)
            self._slots.leave()

    def _refuse_if_away(self) -> None:
        if self.is_primary and self.is_away:
            raise ServerAway(self.alias, self.breaker.reason)


_histories: defaultdict[str, History] = defaultdict(History)


@cache
def of(alias: str) -> Server:
    """Return what is known of a replica."""
    return Server(alias)


def history(group: str) -> History:
    """Return what is known of a group's primary."""
    return _histories[group]


def seconds_behind(alias: str) -> float:
    """Return how far a replica is behind its primary, in seconds, at least."""
    group = conf().primary_of(alias)
    return _histories[group].seconds_behind(of(alias).position, time.monotonic())


def seconds_old(alias: str) -> float:
    """Return how old what a replica has may be while its primary is away, in seconds."""
    primary = of(conf().primary_of(alias))
    away = time.monotonic() - primary.away_since if primary.is_away else 0.0
    return away + seconds_behind(alias)


def reports() -> list[Report]:
    """Return all replicas, by name, as far as this process has heard of them."""
    pairs = [(group, alias) for group, aliases in conf().groups.items() for alias in aliases]
    return [_report(group, of(alias)) for group, alias in sorted(pairs)]


def reads() -> dict[str, int]:
    """Return how many reads of scopes each server has answered to this process."""
    aliases = [name for group, found in conf().groups.items() for name in (group, *found)]
    return {alias: of(alias).reads for alias in aliases}


def forget() -> None:
    """Begin anew: nothing is known of any server."""
    of.cache_clear()
    _histories.clear()


# A process that was forked has no watch of its own yet, and no thread that waits.
os.register_at_fork(after_in_child=forget)


def _report(group: str, server: Server) -> Report:
    return Report(
        alias=server.alias,
        group=group,
        state=server.breaker.state,
        reason=server.breaker.reason,
        in_flight=server.in_flight,
        reads=server.reads,
        failures=server.breaker.failures,
        behind_bytes=_histories[group].bytes_behind(server.position),
        behind_seconds=seconds_behind(server.alias),
    )
