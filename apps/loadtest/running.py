"""Runs locust in a process of its own: what it patches must not be patched here."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.cluster import processes
from apps.loadtest.errors import CannotRun
from apps.loadtest.profiles import PROFILES
from apps.loadtest.samples import Samples
from apps.loadtest.summaries import Limits, Summary, Summing

Live = dict[str, Any]
LOG_LINES = 15
# Seconds in which all processes of the generator must be there.
READY_WITHIN = 120


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
        with tempfile.TemporaryDirectory() as name, ExitStack() as running:
            folder = Path(name)
            shares = [self._start(folder, share) for share in range(self.processes)]
            for locust in shares:
                running.callback(_end, locust)
            begin = self._begin(folder, shares)
            while any(locust.poll() is None for locust in shares):
                time.sleep(0.5)
                watch(_live([locust.pid for locust in shares], folder.glob("live*.json")))
            return self._judged(folder, begin)

    def _begin(self, folder: Path, shares: list[subprocess.Popen[bytes]]) -> float:
        """Wait until all processes are there, and name the moment at which they begin together."""

        def ready() -> bool:
            there = len(list(folder.glob("live*.json"))) == self.processes
            return there or any(locust.poll() is not None for locust in shares)

        if not processes.wait_for(ready, READY_WITHIN):
            raise CannotRun("locust does not start. Is the machine busy with something else?")
        begin = time.time() + 1.5
        draft = folder / "begin.new"
        draft.write_text(str(begin))
        draft.replace(folder / "begin")
        return begin

    def _judged(self, folder: Path, begin: float) -> Summary:
        samples, told = Samples(), list[str]()
        for share in range(self.processes):
            path = folder / f"samples{share}"
            if not path.exists():
                last = (folder / f"log{share}").read_text().splitlines()[-LOG_LINES:]
                raise CannotRun("locust ended before its time. It says:\n" + "\n".join(last))
            told = samples.read(path)
        profile = PROFILES[self.profile].changed(scale=self.scale, speed=self.speed)
        summing = Summing(samples, profile, begin, Limits(p999_ms=self.limit_ms))
        return summing.summary(url=self.url, told=told)

    def _start(self, folder: Path, share: int) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "locust", "-f", f"locustfiles/{self.profile}.py"]
        line += ["--headless", "--only-summary", "--loglevel", "WARNING", "--host", self.url]
        line += ["--scale", str(self.scale), "--speed", str(self.speed)]
        line += ["--limit-ms", str(self.limit_ms), "--begin", str(folder / "begin")]
        line += [
            "--share",
            f"{share}/{self.processes}",
            "--samples",
            str(folder / f"samples{share}"),
        ]
        line += ["--live", str(folder / f"live{share}.json")]
        line += ["--people", str(self.people)] if self.people else []
        with (folder / f"log{share}").open("w") as said:
            return subprocess.Popen(
                line, cwd=settings.BASE_DIR, stdout=said, stderr=subprocess.STDOUT
            )


def _live(pids: list[int], paths: Iterable[Path]) -> Live:
    """Return what all processes tell, added up."""
    told = [json.loads(path.read_text()) for path in paths]
    summed = {name: sum(one[name] for one in told) for name in ("users", "asked", "errors")}
    return {**summed, "pids": pids, "since": max((one["since"] for one in told), default=0.0)}


def _end(locust: subprocess.Popen[bytes]) -> None:
    if locust.poll() is None:
        locust.terminate()
        try:
            locust.wait(30)
        except subprocess.TimeoutExpired:
            locust.kill()
            locust.wait()
