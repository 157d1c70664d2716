"""Carrying a plan out: some moves at a time, each begun when its servers are quick enough."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import NamedTuple

from django.db import connections

from apps.moves import pacing, refusals
from apps.moves.models import Move
from apps.moves.mover import KEEP_SECONDS, Mover
from apps.moves.planning import Planned

# Hears what is planned and what is done about it just now.
Told = Callable[[Planned, str], None]


class Pace(NamedTuple):
    """How a plan is carried out.

    `parallel` moves at a time; one begins when its servers commit within `slow_ms`; old rows stay
    for `keep_seconds`.
    """

    parallel: int = 1
    slow_ms: float = pacing.SLOW_MS
    keep_seconds: float = KEEP_SECONDS


def carry_out(plan: Sequence[Planned], pace: Pace, told: Told) -> list[Move]:
    """Carry out all moves of a plan; raises what one raised, and then begins no other.

    What has begun by then is written down, for `shards resume` or `shards abort`.
    """
    with ThreadPoolExecutor(pace.parallel, thread_name_prefix="move") as pool:
        jobs = [pool.submit(_carry_out, planned, pace, told) for planned in plan]
        try:
            return [job.result() for job in as_completed(jobs)]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _carry_out(planned: Planned, pace: Pace, told: Told) -> Move:
    try:
        both = (planned.source, planned.target)
        pacing.wait_until_quick(both, pace.slow_ms, lambda what: told(planned, what))
        refusals.check(planned.buckets, *both)
        move = Move.objects.create(
            buckets=list(planned.buckets), source=planned.source, target=planned.target
        )
        return finish(move, pace, lambda what: told(planned, what))
    finally:
        connections.close_all()


def finish(move: Move, pace: Pace, told: Callable[[str], None]) -> Move:
    """Take all steps of a move that are left."""
    Mover(
        move, lambda one, what: told(f"move {one.pk}: {what}"), keep_seconds=pace.keep_seconds
    ).run()
    stalled = f"{move.stall_ms:.0f} ms" if move.stall_ms is not None else "for an unknown time"
    told(f"move {move.pk}: done, writers waited {stalled}")
    return move
