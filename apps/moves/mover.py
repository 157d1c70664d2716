"""A move, step by step. Each step is written down before it is taken, and may be begun again.

PLANNED, COPYING, LEAVING and FENCING can be taken back. In FLIPPING the fence stands for good, so a
move that died there goes forward.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from apps.moves import cleaning, fencing, mapping, opening, pacing, replication
from apps.moves.errors import FenceLapsed, NoSuchMove, NotMovable
from apps.moves.models import ENDED, UNDOABLE, Move, Step
from apps.sharding.conf import conf

# Every process has the new map after this: it looks each second, and may be slow once.
SETTLE_SECONDS = 2.5
# Old rows stay for readers who began before the flip.
KEEP_SECONDS = 30.0
PAUSE_SECONDS = 0.2
# So long a connection may be there whose process is not.
LEFT_SECONDS = 5.0
# A fence is put up only where the copy is not further behind than this.
NEAR_BYTES = 1_000_000
MOST_FENCES = 5
LOCK = 1136073602

Told = Callable[[Move, str], None]


class Mover:
    """Carries one move on; `told` hears what it does."""

    def __init__(self, move: Move, told: Told, *, keep_seconds: float = KEEP_SECONDS) -> None:
        self.move, self.told, self.keep_seconds = move, told, keep_seconds
        self.fences, self.begun = 0, 0.0

    def run(self) -> None:
        """Take all steps that are left. Raises NotMovable where one cannot be taken now."""
        with self._alone():
            while self.move.step not in ENDED:
                step = getattr(self, f"_{self.move.step}")
                step()

    def abort(self) -> None:
        """Take a move back; raises NoSuchMove where the map has changed already."""
        with self._alone():
            if self.move.step not in UNDOABLE:
                raise NoSuchMove(
                    f"Move {self.move.pk} is past its point of no return: resume it, and move back."
                )
            self._go(Step.ABORTING)
            self._aborting()

    def _planned(self) -> None:
        mapping.announce(self.move)
        time.sleep(SETTLE_SECONDS)
        self._go(Step.COPYING)

    def _copying(self) -> None:
        if replication.is_cut(self.move):
            self._begin_anew()
        replication.publish(self.move)
        replication.subscribe(self.move)
        whole, begun = replication.sizes(self.move), time.monotonic()
        while not (found := replication.progress(self.move, whole)).follows or (
            found.behind > NEAR_BYTES
        ):
            self.told(self.move, pacing.described(found, time.monotonic() - begun))
            if replication.is_cut(self.move):
                return
            time.sleep(PAUSE_SECONDS)
        self._arrived(60.0)
        self._go(Step.LEAVING)

    def _begin_anew(self) -> None:
        """Forget a copy that follows no more: the source's server was replaced."""
        self.told(self.move, f"{self.move.source} was replaced: the copy begins anew")
        replication.end(self.move)
        cleaning.remove(self.move.target, self.move.buckets, lambda _: None)

    def _leaving(self) -> None:
        fencing.leave(self.move.source, self.move.buckets)
        self._go(Step.FENCING)

    def _fencing(self) -> None:
        self.fences += 1
        self.begun = time.monotonic()
        fencing.fence(self.move.source, self.move.buckets)
        try:
            self._arrived(fencing.FENCE_SECONDS)
        except FenceLapsed:
            self._once_more()
        else:
            self._go(Step.FLIPPING)

    def _once_more(self) -> None:
        if replication.is_cut(self.move):
            fencing.lift(self.move.source, self.move.buckets)
            self._go(Step.COPYING)
            return
        if self.fences >= MOST_FENCES:
            raise NotMovable(
                f"{self.move.target} does not keep up, so {self.move} was not finished. "
                "Try `shards resume` when it has less to do, or `shards abort`."
            )
        self._go(Step.FENCING)

    def _flipping(self) -> None:
        try:
            fencing.hold(self.move.source, self.move.buckets)
        except FenceLapsed:
            # Nobody owns them but the source yet: it had died, or was too slow.
            self._once_more()
            return
        since = opening.own(self.move)
        mapping.flip(self.move, since)
        fencing.give_up(self.move.source, self.move.buckets)
        if self.begun:
            self.move.stall_ms = 1000 * (time.monotonic() - self.begun)
            self.move.save(update_fields=("stall_ms",))
        self.told(self.move, Step.OPENED.label)

    def _opened(self) -> None:
        fencing.give_up(self.move.source, self.move.buckets)
        replication.end(self.move)
        self._go(Step.CLEANING)

    def _cleaning(self) -> None:
        flipped = self.move.flipped_at or timezone.now()
        age = (timezone.now() - flipped).total_seconds()
        time.sleep(max(0.0, self.keep_seconds - age))
        self.move.rows = cleaning.remove(
            self.move.source,
            self.move.buckets,
            lambda count: self.told(self.move, f"{count:,} old rows removed"),
        )
        self.move.ended_at = timezone.now()
        mapping.tidy(self.move)
        self._go(Step.DONE)

    def _aborting(self) -> None:
        replication.end(self.move)
        fencing.lift(self.move.source, self.move.buckets)
        cleaning.remove(
            self.move.target,
            self.move.buckets,
            lambda count: self.told(self.move, f"{count:,} copied rows removed"),
        )
        self.move.ended_at = timezone.now()
        mapping.tidy(self.move)
        self._go(Step.ABORTED)

    def _arrived(self, seconds: float) -> None:
        """Wait until all that was written on the source is on the target; raises FenceLapsed."""
        marker, until = replication.mark(self.move), time.monotonic() + seconds
        while not replication.has_arrived(self.move, marker):
            if time.monotonic() > until:
                raise FenceLapsed
            time.sleep(0.005)

    def _go(self, step: Step) -> None:
        self.move.step = step
        self.move.save()
        self.told(self.move, step.label)

    def _locked(self, cursor: CursorWrapper) -> bool:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, self.move.pk])
        found = cursor.fetchone()
        return bool(found and found[0])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process carry this move on; ends with the connection.

        The server notices a moment later that a process was killed, so that is waited for.
        """
        with connections[conf().directory].cursor() as cursor:
            until = time.monotonic() + LEFT_SECONDS
            while not (is_mine := self._locked(cursor)) and time.monotonic() < until:
                time.sleep(PAUSE_SECONDS)
            if not is_mine:
                raise NoSuchMove(f"Another process carries move {self.move.pk} on just now.")
        try:
            self.move.refresh_from_db()
            yield
        finally:
            with connections[conf().directory].cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, self.move.pk])
