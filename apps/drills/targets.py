"""Signals, to processes of a drill's own site alone."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from apps.drills.errors import DrillError


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all that it started: parents first."""
    return [process, *process.children(recursive=True)]


def send(number: int, targets: Iterable[psutil.Process], home: Path) -> None:
    """Send a signal to processes that belong to the site under `home`; raises DrillError.

    psutil remembers when each was started: an id that was given anew meanwhile is not signalled.
    """
    # All are looked at before the first is harmed: a child that lost its parent cannot be told.
    ours = list(targets)
    for target in ours:
        if not _is_of(target, home):
            raise DrillError(f"Process {target.pid} is not of the site under {home}.")
    for target in ours:
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if target.is_running():
                os.kill(target.pid, number)


def _is_of(target: psutil.Process, home: Path) -> bool:
    """Tell whether this program started it, or it or what started it has its data below `home`."""
    with suppress(psutil.NoSuchProcess):
        line = [target, *target.parents()]
        if os.getpid() in (process.pid for process in line[1:]):
            return True
        return any(str(home) in word for process in line for word in _words(process))
    return True  # it has ended meanwhile


def _words(process: psutil.Process) -> list[str]:
    words = list(process.cmdline())
    # Valkey has its own words in place of its command line, but stays in its folder.
    with suppress(psutil.AccessDenied):
        words.append(process.cwd())
    return words
