"""Calls that somebody waits for no longer than they may take.

A call that sleeps in C cannot be ended from outside, so it runs on a thread of its own, and the
core stops waiting. A thread that was left behind takes no further call. Threads that are done are
used again, so there are about as many as calls at one time, and few left behind (`MOST_STUCK` a
plugin).
"""

import contextvars
import ctypes
import os
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from django.db import close_old_connections, connections
from django.utils import translation

from apps.kernel import waiting
from apps.plugins import discovery
from apps.plugins.errors import CutOff, Stuck, TooSlow

MOST_STUCK = 4
IDLE_SECONDS = 60.0
# Who wakes so much later than asked for did not wait for the plugin: the machine had stopped.
LATE_SECONDS = 0.1

# Called in the context of a call before it begins: gives it a copy of what the core changes in
# place. What it returns is called in the core's context once nobody waits for the call any more;
# the call may still run then.
Fork = Callable[[], Callable[[], None]]

_forks: list[Fork] = []
_idle: "deque[Runner]" = deque()
_left: "dict[Runner, Job]" = {}
_stuck: Counter[str] = Counter()
_lock = threading.Lock()


class Outcome(NamedTuple):
    """What became of a step: its answer, or its error."""

    answer: Any = None
    error: BaseException | None = None


class Step(NamedTuple):
    """A plugin's call; `run` does it, `cut_off` says that nobody waits for it any longer."""

    plugin: str
    seconds: float
    run: Callable[[], Any]
    cut_off: Callable[[], None]


def on_fork(fork: Fork) -> None:
    """Have ambient state copied for calls on other threads."""
    _forks.append(fork)


def run(steps: Sequence[Step]) -> list[Outcome]:
    """Do steps one after the other; returns an outcome for each. Never raises."""
    outcomes: list[Outcome] = []
    while len(outcomes) < len(steps):
        rest = steps[len(outcomes) :]
        if _is_stuck(rest[0]):
            outcomes.append(Outcome(error=Stuck(_stuck[rest[0].plugin])))
        else:
            outcomes += Job([*takewhile(lambda step: not _is_stuck(step), rest)]).do()
    return outcomes


def _is_stuck(step: Step) -> bool:
    return _stuck[step.plugin] >= MOST_STUCK


def run_here(steps: Sequence[Step]) -> list[Outcome]:
    """Do steps in this thread, inside its transaction; one that took too long has failed."""
    outcomes = []
    for step in steps:
        begun = time.monotonic()
        outcome = _attempt(step)
        if outcome.error is None and time.monotonic() - begun > step.seconds:
            outcome = Outcome(error=TooSlow(step.seconds))
        outcomes.append(outcome)
    return outcomes


def from_memory(step: Step) -> Outcome | None:
    """Do a step in this thread; None where it would have to ask a server.

    Also where it took too long, for whatever reason: then it is done again where that is judged.
    """
    begun = time.monotonic()
    with waiting.refused():
        outcome = _attempt(step)
    is_late = time.monotonic() - begun > step.seconds
    return None if is_late or isinstance(outcome.error, waiting.WouldWait) else outcome


def begin(count: int, first: Callable[[], Any]) -> None:
    """Begin so many threads before a call needs one; each does something first."""
    for _ in range(count):
        runner = Runner()
        runner.start()
        job = Job([Step("", 0.0, first, lambda: None)])
        runner.inbox.put((contextvars.copy_context(), job))


def interrupt() -> None:
    """End those left behind that are in a plugin's own code now."""
    with _lock:
        for runner in _left:
            runner.interrupt()


def retire() -> None:
    """End the threads that are idle, and close their connections."""
    while _idle:
        runner = _idle.pop()
        runner.inbox.put(None)
        runner.join(5)


def stuck() -> dict[str, int]:
    """Return how many calls of each plugin are left behind and still run."""
    return {plugin: count for plugin, count in _stuck.items() if count}


class Job:
    """Steps on their way through one thread, and who waits for them."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self.outcomes: list[Outcome] = []
        self.begun = time.monotonic()
        self.abandoned = False
        # Django keeps the language with the thread, not with the context that goes along.
        self.language = translation.get_language()
        self._finished = threading.Lock()
        self._finished.acquire()
        self._lock = threading.Lock()

    def do(self) -> list[Outcome]:
        """Have a thread do the steps; returns outcomes up to the first that took too long."""
        context = contextvars.copy_context()
        joins = [context.run(fork) for fork in _forks]
        try:
            runner = _idle.pop()
        except IndexError:
            runner = Runner()
            runner.start()
        runner.inbox.put((context, self))
        is_done = self._wait(runner)
        # Also what was seen and written before the step that took too long; more than that of
        # its own does no harm.
        for join in joins:
            join()
        if not is_done:
            return [*self.outcomes, Outcome(error=TooSlow(self._current.seconds))]
        return self.outcomes

    def work(self) -> None:
        """Do the steps, in the thread."""
        for step in self.steps:
            self.begun = time.monotonic()
            with translation.override(self.language):
                outcome = _attempt(step)
            with self._lock:
                if self.abandoned:
                    return
                self.outcomes.append(outcome)
        self._finished.release()

    def _wait(self, runner: "Runner") -> bool:
        while True:
            left = max(self._current.seconds - (time.monotonic() - self.begun), 0.0)
            asked = time.monotonic()
            if self._finished.acquire(timeout=left):
                return True
            late = time.monotonic() - asked - left
            if late > LATE_SECONDS:
                self.begun = time.monotonic()
            elif self._leave(runner):
                return False

    def _leave(self, runner: "Runner") -> bool:
        """Wait no longer, unless the step has ended or another one has begun."""
        with self._lock:
            if len(self.outcomes) == len(self.steps):
                return False
            if time.monotonic() - self.begun < self._current.seconds:
                return False
            self.abandoned = True
            self._current.cut_off()
            with _lock:
                _stuck[self._current.plugin] += 1
                _left[runner] = self
                runner.interrupt()
        return True

    @property
    def _current(self) -> Step:
        return self.steps[min(len(self.outcomes), len(self.steps) - 1)]

    @property
    def plugin(self) -> str:
        """The plugin that the job was abandoned for."""
        return self._current.plugin


class Runner(threading.Thread):
    """A thread that does one job at a time, until it is left behind or idle for a minute."""

    def __init__(self) -> None:
        super().__init__(name="plugins", daemon=True)
        self.inbox: SimpleQueue[tuple[contextvars.Context, Job] | None] = SimpleQueue()

    def run(self) -> None:
        """Do jobs."""
        try:
            while (given := self._next()) is not None:
                context, job = given
                context.run(job.work)
                if job.abandoned:
                    break
                # As at the end of a request: a pool gets its connections back.
                close_old_connections()
                del given, context, job
                _idle.append(self)
        except CutOff:
            pass
        finally:
            self._end()

    def interrupt(self) -> None:
        """End the call, if the thread is in the plugin's own code.

        Elsewhere it may hold a lock of the program, which an exception would leave locked for ever.
        """
        frame = sys._current_frames().get(self.ident or 0)
        module = frame.f_globals.get("__name__", "") if frame else ""
        if discovery.owner_of(str(module)) is not None:
            ident = ctypes.c_ulong(self.ident or 0)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(CutOff))

    def _next(self) -> "tuple[contextvars.Context, Job] | None":
        try:
            return self.inbox.get(timeout=IDLE_SECONDS)
        except Empty:
            try:
                _idle.remove(self)
            except ValueError:
                # It was taken at this very moment: its job is coming.
                return self.inbox.get()
            return None

    def _end(self) -> None:
        connections.close_all()
        with _lock:
            job = _left.pop(self, None)
            if job is not None:
                _stuck[job.plugin] -= 1


def _attempt(step: Step) -> Outcome:
    try:
        return Outcome(step.run())
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Outcome(error=error)


def _forget_threads() -> None:
    """A forked child has none of its parent's threads."""
    global _lock
    _lock = threading.Lock()
    _idle.clear()
    _left.clear()
    _stuck.clear()


os.register_at_fork(after_in_child=_forget_threads)
