"""What this process knows of each replica: is it there, what is it doing, how far is it."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from apps.kernel.breakers import Breaker
from apps.replication.conf import conf
from apps.replication.history import History
from apps.replication.tokens import START, Position

# Whoever finds that a question waits for so long goes elsewhere with his own.
SUSPICIOUS = 0.2


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
    """One server of a group; of a primary only its reads are counted."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.breaker = Breaker()
        self.position = START
        self.reads = 0
        self._reading: dict[int, float] = {}
        self._asking: dict[int, float] = {}

    @property
    def in_flight(self) -> int:
        """The number of reads that it works on for this process."""
        return len(self._reading)

    def may_be_asked(self) -> bool:
        """Tell whether to ask it now: it is not left out, and nobody waits in vain."""
        now = time.monotonic()
        waits = any(now - since > SUSPICIOUS for since in self._asking.copy().values())
        return not waits and self.breaker.lets_in()

    def leave_out(self, reason: object) -> None:
        """Ask it no more for a while."""
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

    def is_overdue(self, since: float) -> bool:
        """Tell whether what this thread has waited for since then is not worth the wait."""
        waited = time.monotonic() - since
        is_short = threading.get_ident() in self._asking or bool(self.breaker.in_a_row)
        return waited > (conf().answer_seconds if is_short else conf().read_seconds)

    @contextmanager
    def _counted(self, waiting: dict[int, float]) -> Iterator[None]:
        thread = threading.get_ident()
        waiting[thread] = time.monotonic()
        try:
            yield
        finally:
            waiting.pop(thread, None)


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
