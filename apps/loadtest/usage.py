"""What a test costs: the cores that each part of the site used, second by second."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import psutil

# What programs that have nothing to do with the test used: with much of it, no figure counts.
OTHERS = "other programs"
Pids = Mapping[str, Sequence[int]]


def cpu_seconds(pids: Pids) -> dict[str, dict[int, float]]:
    """Return the CPU seconds of each part: its processes and all below them, by process."""
    parents, seconds = {}, {}
    for process in psutil.process_iter(["ppid", "cpu_times"]):
        if times := process.info["cpu_times"]:
            parents[process.pid] = process.info["ppid"]
            seconds[process.pid] = times.user + times.system
    part_of = {pid: name for name, mains in pids.items() for pid in mains}
    found: dict[str, dict[int, float]] = {name: {} for name in pids}
    for pid, used in seconds.items():
        if name := _part(pid, part_of, parents):
            found[name][pid] = used
    return found


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


def _part(pid: int, part_of: Mapping[int, str], parents: Mapping[int, int | None]) -> str:
    """Return the part of the nearest process above that is known; a chain may be cut by an end."""
    at: int | None = pid
    for _ in range(20):
        if at is None or at in part_of:
            break
        at = parents.get(at)
    return part_of.get(at or 0, "")


class Watch:
    """Samples the processes of a site, and of the generator, in a thread, while a test runs."""

    def __init__(self, pids: Pids, every: float = 1.0) -> None:
        self.pids, self.every = dict(pids), every
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
        names = list(rows[-1][1]) if rows else []
        return {
            "at": [moment - started for moment, _, _ in rows],
            "cores": {name: [cores.get(name, 0.0) for _, cores, _ in rows] for name in names},
            "busiest": {name: max(most.get(name, 0.0) for _, _, most in rows) for name in names},
            "machine": psutil.cpu_count(),
        }

    def _sample(self) -> None:
        before, at, busy = cpu_seconds(self.pids), time.monotonic(), _busy_seconds()
        while not self._end.wait(self.every):
            after, moment = cpu_seconds(self.pids), time.monotonic()
            cores, most = {}, {}
            for name, used in after.items():
                old = before.get(name, {})
                spent = [max(0.0, t - old.get(pid, t)) / (moment - at) for pid, t in used.items()]
                cores[name], most[name] = sum(spent), max(spent, default=0.0)
            spent_by_all = _busy_seconds()
            ours = sum(cores.values())
            cores[OTHERS] = max(0.0, (spent_by_all - busy) / (moment - at) - ours)
            self.rows.append((time.time(), cores, most))
            before, at, busy = after, moment, spent_by_all
