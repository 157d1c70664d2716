"""A core for each web worker, where there are no more cores than workers.

Python runs one thread of a process at a time, so a second core gives a worker nothing; but the
threads hand the interpreter's lock to each other several times a request, and to wake a thread on
another core takes about three times as long as on the same one. With cores to spare the scheduler
is left alone: several sites on one machine must not all choose the same ones.
"""

import os
from collections import Counter
from collections.abc import Iterable, Set

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker


def least_taken(cores: Set[int], taken: Iterable[int]) -> int:
    """Return the core that has the fewest workers."""
    workers = Counter(taken)
    return min(sorted(cores), key=lambda core: workers[core])


def choose(arbiter: Arbiter, worker: Worker) -> None:
    """Choose a core for a worker that is about to begin; None leaves it to the scheduler."""
    # macOS has no such thing.
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else frozenset()
    others = [other.core for other in arbiter.WORKERS.values()]
    is_worth_it = 0 < len(cores) <= arbiter.num_workers
    worker.core = least_taken(cores, others) if is_worth_it else None


def keep(arbiter: Arbiter, worker: Worker) -> None:
    """Run the worker, and all threads that it starts, on its core."""
    if worker.core is not None:
        os.sched_setaffinity(0, {worker.core})
