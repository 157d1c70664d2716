"""Processes of ours: found by their pid file, believed only when their command line fits."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from apps.cluster.errors import ClusterError


def of(pid_file: Path, marker: str) -> psutil.Process | None:
    """Return the process that a pid file names, if it runs and a word of it ends with `marker`.

    A pid is given anew after a crash: a stranger who has it now is not ours. Nor is shard0-replica0
    shard0, so that a marker somewhere within a word is not enough.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        command = process.cmdline() if process.status() != psutil.STATUS_ZOMBIE else []
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    # Some servers write their address into their own title: one text of several words.
    words = [*command, *" ".join(command[:1]).split()]
    return process if any(word.endswith(marker) for word in words) else None


def marked(name: str, value: str) -> list[psutil.Process]:
    """Return the processes whose environment has variable `name` with this value."""
    found = psutil.process_iter(["environ"])
    return [
        process
        for process in found
        if (process.info["environ"] or {}).get(name) == value and process.pid != os.getpid()
    ]


def with_argument(word: str) -> list[psutil.Process]:
    """Return the processes that have this very argument."""
    found = psutil.process_iter(["cmdline"])
    return [process for process in found if word in (process.info["cmdline"] or [])]


def end(process: psutil.Process, name: str, patience: float = 30) -> None:
    """Ask a process to end and wait for it; raises ClusterError where it does not."""
    try:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(patience)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return
    except psutil.TimeoutExpired:
        raise ClusterError(
            f"{name} (process {process.pid}) does not end. Look at its log, then end it by hand."
        ) from None


def wait_for(condition: Callable[[], bool], patience: float, pause: float = 0.05) -> bool:
    """Tell whether `condition()` becomes true within `patience` seconds."""
    end_at = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end_at:
            return False
        time.sleep(pause)
    return True
