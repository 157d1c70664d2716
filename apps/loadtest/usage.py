"""What a test costs: the cores that each part of the site used, second by second."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psutil

Pids = Mapping[str, Sequence[int]]


def cpu_seconds(pids: Sequence[int]) -> dict[int, float]:
    """Return the CPU seconds of processes and all of their children, by process."""
    found: dict[int, float] = {}
    for pid in pids:
        try:
            parent = psutil.Process(pid)
            family = [parent, *parent.children(recursive=True)]
        except psutil.Error:
            continue
        for process in family:
            try:
                times = process.cpu_times()
                found[process.pid] = times.user + times.system
            except psutil.Error:
                continue
    return found


class Watch:
    """Samples the processes of a site, and of the generator, in a thread, while a test runs."""

    def __init__(self, pids: Callable[[], Pids], every: float = 1.0) -> None:
        self.pids, self.every = pids, every
        self.rows: list[tuple[float, dict[str, float], dict[str, float]]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def usage(self, started: float, seconds: float) -> dict[str, Any]:
        """Return the cores of each part over time, and the busiest single process of each."""
        rows = [row for row in self.rows if 0 <= row[0] - started <= seconds]
        names = list(rows[0][1]) if rows else []
        return {
            "at": [moment - started for moment, _, _ in rows],
            "cores": {name: [cores[name] for _, cores, _ in rows] for name in names},
            "busiest": {name: max(most[name] for _, _, most in rows) for name in names},
            "machine": psutil.cpu_count(),
        }

    def _sample(self) -> None:
        before, at = self._read(), time.monotonic()
        while not self._end.wait(self.every):
            after, moment = self._read(), time.monotonic()
            cores, most = {}, {}
            for name, used in after.items():
                old = before.get(name, {})
                spent = [max(0.0, t - old.get(pid, t)) / (moment - at) for pid, t in used.items()]
                cores[name], most[name] = sum(spent), max(spent, default=0.0)
            self.rows.append((time.time(), cores, most))
            before, at = after, moment

    def _read(self) -> dict[str, dict[int, float]]:
        return {name: cpu_seconds(pids) for name, pids in self.pids().items()}
