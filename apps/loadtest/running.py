"""Runs locust in a process of its own: what it patches must not be patched here."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.loadtest.errors import CannotRun
from apps.loadtest.summaries import Summary

Live = dict[str, Any]
# A run whose verdict is "failed" ends with 1, and locust's own trouble with anything.
LOG_LINES = 15


@dataclass(frozen=True)
class Run:
    """What to run: a file of locustfiles/, and how."""

    profile: str
    url: str
    people: Path | None
    scale: float = 1
    speed: float = 1
    processes: int = 1
    limit_ms: float = 300

    def summary(self, watch: Callable[[Live], None]) -> Summary:
        """Run to the end; `watch` is told each second how it is. Raises CannotRun."""
        with tempfile.TemporaryDirectory() as folder:
            result, live, log = (Path(folder) / name for name in ("result", "live", "log"))
            with log.open("w") as said:
                line = self._line(result, live)
                locust = subprocess.Popen(
                    line, cwd=settings.BASE_DIR, stdout=said, stderr=subprocess.STDOUT
                )
            try:
                _wait(locust, live, watch)
            finally:
                _end(locust)
            if not result.exists():
                last = "\n".join(log.read_text().splitlines()[-LOG_LINES:])
                raise CannotRun(f"locust did not come to an end. Its last lines:\n{last}")
            return Summary.read(result)

    def _line(self, result: Path, live: Path) -> list[str]:
        line = [sys.executable, "-m", "locust", "-f", f"locustfiles/{self.profile}.py"]
        line += ["--headless", "--only-summary", "--loglevel", "WARNING", "--host", self.url]
        line += ["--scale", str(self.scale), "--speed", str(self.speed)]
        line += ["--limit-ms", str(self.limit_ms), "--result", str(result), "--live", str(live)]
        line += ["--people", str(self.people)] if self.people else []
        # One process needs no master.
        return line + (["--processes", str(self.processes)] if self.processes > 1 else [])


def _wait(locust: subprocess.Popen[bytes], live: Path, watch: Callable[[Live], None]) -> None:
    while locust.poll() is None:
        time.sleep(0.5)
        if live.exists():
            watch(json.loads(live.read_text()))


def _end(locust: subprocess.Popen[bytes]) -> None:
    if locust.poll() is None:
        locust.terminate()
        try:
            locust.wait(30)
        except subprocess.TimeoutExpired:
            locust.kill()
            locust.wait()
