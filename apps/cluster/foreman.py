"""Processes in one terminal: started together, and stopped together by finishing what they have."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread

from honcho import manager as honcho
from honcho.compat import ProcessManager
from honcho.printer import Message, Printer

# Longer than the 20 s that gunicorn and Celery give to what is in flight.
honcho.KILL_WAIT = 25
BY_SIGNAL = (130, 143)


class Foreman:
    """Runs processes until a signal comes or one of them ends; `started` is called once."""

    def __init__(self, started: Callable[[], None]) -> None:
        self.watcher = Watcher(started)
        self.manager = honcho.Manager(printer=self.watcher)
        self.manager._procmgr = Leaders()

    def add(self, name: str, command: str, *, cwd: Path, environ: Mapping[str, str]) -> None:
        """Add a process: its name and its line for the shell."""
        self.manager.add_process(name, f"exec {command}", cwd=str(cwd), env=dict(environ))

    def run(self) -> str:
        """Run them all; return what ended by itself, or nothing after SIGINT or SIGTERM."""
        self.manager.loop()
        return "" if self.manager.returncode in BY_SIGNAL else self.watcher.ended


class Watcher(Printer):  # type: ignore[misc]
    """Prints what the processes say, and remembers which one ended first."""

    def __init__(self, started: Callable[[], None]) -> None:
        super().__init__(sys.stdout)
        self.started: Callable[[], None] | None = started
        self.ended = ""

    def write(self, message: Message) -> None:
        """Print a line."""
        # The first line comes when all are forked: a thread before that would be forked with them.
        if self.started is not None:
            Thread(target=self.started, daemon=True).start()
            self.started = None
        if message.name == honcho.SYSTEM_PRINTER_NAME and " stopped (" in message.data:
            self.ended = self.ended or message.data.strip()
        super().write(message)


class Leaders(ProcessManager):  # type: ignore[misc]
    """Asks the leader of each group to end: it lets its children finish what they have."""

    def terminate(self, pid: int) -> None:
        """Ask one leader."""
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            return
