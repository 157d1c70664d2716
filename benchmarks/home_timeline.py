#!/usr/bin/env python3
"""The home timeline without the cache, with the data grid, and with near caches: side by side.

    python benchmarks/home_timeline.py [--seconds 10] [--readers 20] [--rounds 3]

Each way has a web process of its own (gunicorn, two threads) on the same servers; the readers are
signed in, each follows 50 of 200 authors, and reload in turn over kept connections. The rounds are
mixed, and medians printed: queries per request (transactions that PostgreSQL counted), milliseconds
of CPU per request (of the web process, of PostgreSQL and Valkey), requests a second. The limit in
the same run is `/health/ready`, a view of ours that asks each primary one SELECT.
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from environment import HOME, ROOT, cluster, free_port
from people import crowd

WAYS = {
    "without cache": {"ROOKERY_QUERY_CACHE": "0", "ROOKERY_NEAR_CACHE_MB": "0"},
    "data grid only": {"ROOKERY_NEAR_CACHE_MB": "0"},
    "data grid and near cache": {},
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with cluster():
        sessions = crowd(members=options.readers, authors=200, posts=options.posts).cookies
        found = {name: [] for name in [*WAYS, "limit: one SELECT a primary"]}
        for _ in range(options.rounds):
            for name, environment in WAYS.items():
                found[name].append(one_way(environment, "/", sessions, options.seconds))
            limit = one_way({}, "/health/ready", sessions, options.seconds)
            found["limit: one SELECT a primary"].append(limit)
    print(f"{'':28} {'queries':>8} {'CPU ms: web':>12} {'servers':>8} {'requests/s':>11}")
    for name, rounds in found.items():
        queries, web, servers, rate = (statistics.median(row) for row in zip(*rounds, strict=True))
        print(f"{name:28} {queries:8.2f} {web:12.2f} {servers:8.2f} {rate:11.0f}")


def one_way(
    environment: dict[str, str], path: str, sessions: list[str], seconds: float
) -> tuple[float, float, float, float]:
    """Return queries, CPU ms of the web process and of the servers, and requests a second."""
    import psutil

    port = free_port()
    line = [sys.executable, "-m", "gunicorn", "project.wsgi", "--worker-class", "gthread"]
    line += ["--workers", "1", "--threads", "2", "--bind", f"127.0.0.1:{port}"]
    line += ["--keep-alive", "30", "--no-control-socket", "--log-level", "error"]
    web = subprocess.Popen(line, cwd=ROOT, env=os.environ | environment)
    try:
        answered(port)
        load(port, path, sessions, 2)
        processes = psutil.Process(web.pid).children(), servers()
        before = [cpu(each) for each in processes], transactions()
        count = load(port, path, sessions, seconds)
        after = [cpu(each) for each in processes], transactions()
    finally:
        web.terminate()
        web.wait()
    spent = [1000 * (late - early) / count for early, late in zip(before[0], after[0], strict=True)]
    return (after[1] - before[1]) / count, spent[0], spent[1], count / seconds


def load(port: int, path: str, sessions: list[str], seconds: float) -> int:
    """Reload by four connections for so long; returns the number of answers."""
    end = time.monotonic() + seconds

    def run(mine: list[str]) -> int:
        connection, count = http.client.HTTPConnection("127.0.0.1", port), 0
        while time.monotonic() < end:
            cookie = mine[count % len(mine)]
            connection.request("GET", path, headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            count += 1
        return count

    with ThreadPoolExecutor(4) as threads:
        return sum(threads.map(run, (sessions[n::4] for n in range(4))))


def answered(port: int) -> None:
    """Wait until the process answers."""
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/health/live")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return


def servers() -> list[object]:
    """Return the processes of PostgreSQL and Valkey of this cluster."""
    import psutil

    own = psutil.process_iter(["cmdline", "cwd"])
    return [each for each in own if str(HOME) in f"{each.info['cmdline']} {each.info['cwd']}"]


def cpu(processes: list[object]) -> float:
    """Return the seconds of CPU that processes have used, their gone children's with them."""
    return sum(sum(each.cpu_times()[:4]) for each in processes if each.is_running())


def transactions() -> int:
    """Return how many transactions all PostgreSQL servers have committed."""
    from django.db import connections

    time.sleep(1.5)  # they tell at most once a second
    total = 0
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
            )
            total += cursor.fetchone()[0]
    return total


if __name__ == "__main__":
    main()
