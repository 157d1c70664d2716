"""h2load, and what it measured; beside it the CPU that the server has used."""

import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

# Connections are opened evenly over so many seconds, so their requests come evenly later on.
SPREAD = 10


class Load(NamedTuple):
    """What a generator met; times in ms, `rate` in requests a second."""

    count: int
    errors: int
    rate: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    p999_ms: float


def push(urls: list[str], cookies: list[str], connections: int, seconds: float, pid: int) -> Load:
    """Ask as fast as answers come; each cookie has its share of the connections."""
    each = max(1, connections // len(cookies))
    runs = [["-c", str(each), "-D", str(int(seconds)), *_header(cookie)] for cookie in cookies]
    rows, cpu = _run(runs, urls, pid)
    return _load(rows, seconds, cpu, len(rows))


def hold(urls: list[str], connections: int, seconds: int, pid: int) -> Load:
    """Hold connections, each asking once a second; what is counted is when all are open."""
    a_tick = max(1, connections // (SPREAD * 100))
    pace = ["-r", str(a_tick), "--rate-period=10ms", "--rps=1"]
    number = connections * (seconds + SPREAD)
    rows, cpu = _run([["-c", str(connections), "-n", str(number), *pace]], urls, pid)
    begun, ended = rows[0][0] + SPREAD * 1e6, rows[-1][0] - SPREAD * 1e6
    steady = [row for row in rows if begun <= row[0] < ended]
    errors = [row for row in rows if row[1] != 200]
    found = _load(steady, (ended - begun) / 1e6, cpu, len(rows))
    return found._replace(errors=len(errors) + number - len(rows), count=len(rows))


def _header(cookie: str) -> list[str]:
    return ["-H", f"Cookie: {cookie}"] if cookie else []


def _run(
    runs: list[list[str]], urls: list[str], pid: int
) -> tuple[list[tuple[int, int, int]], float]:
    """Run generators side by side; returns (begun, status, took) in µs, and seconds of CPU."""
    with tempfile.TemporaryDirectory() as folder:
        before = cpu_of(pid)
        started = [_start([*run, f"--log-file={folder}/{n}", *urls]) for n, run in enumerate(runs)]
        for each in started:
            each.wait()
        spent = cpu_of(pid) - before
        lines = [line for log in Path(folder).iterdir() for line in log.read_text().splitlines()]
    return sorted(tuple(map(int, line.split())) for line in lines), spent


def _start(options: list[str]) -> "subprocess.Popen[bytes]":
    line = ["h2load", "--h1", "-t", "1", "-H", "Accept-Encoding: gzip", *options]
    return subprocess.Popen(line, stdout=subprocess.DEVNULL)


def _load(rows: list[tuple[int, int, int]], seconds: float, cpu: float, of: int) -> Load:
    took = sorted(row[2] / 1000 for row in rows)
    at = [took[int(len(took) * share)] for share in (0.5, 0.99, 0.999)]
    errors = sum(row[1] != 200 for row in rows)
    return Load(len(rows), errors, len(rows) / seconds, 1000 * cpu / of, *at)


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU that a process and its children have used."""
    import psutil

    parent = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:2]) for each in (parent, *parent.children()))
