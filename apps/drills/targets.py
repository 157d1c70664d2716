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
    for target in targets:
        if not target.is_running():
            continue
        if not _is_of(target, home):
            raise DrillError(f"Process {target.pid} is not of the site under {home}.")
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            os.kill(target.pid, number)


def _is_of(target: psutil.Process, home: Path) -> bool:
    """Tell by the command line or the environment of it, or of what started it."""
    with suppress(psutil.NoSuchProcess):
        for process in (target, *target.parents()):
            words = " ".join(process.cmdline())
            with suppress(psutil.AccessDenied):
                words += " " + process.environ().get("ROOKERY_HOME", "")
            if str(home) in words:
                return True
    return not target.is_running()
