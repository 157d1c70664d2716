#!/usr/bin/env python3
"""What a request costs with little data and with a hundred times as much.

    python benchmarks/scale.py [--small 1000 20000] [--large 100000 2000000] [--seconds 20]

Each size (accounts, posts) has servers and a web process of its own, one after the other. Printed
for each page, made anew each time (no page is kept) and with nothing cached at all: how many posts
it shows, ms of CPU a request of the web process and of the servers, and in the last column large
over small, of both together. The promise is 1.2 at most.
"""

import argparse
import multiprocessing
import statistics
import urllib.request
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple, ParamSpec, TypeVar

from environment import HOME, cluster
from h2load import push
from people import look_around
from serving import web

WAYS = {
    "page not kept": {"ROOKERY_EDGE_MB": "0"},
    "nothing cached": {
        "ROOKERY_EDGE_MB": "0",
        "ROOKERY_NEAR_CACHE_MB": "0",
        "ROOKERY_QUERY_CACHE": "0",
    },
}
ROUNDS = 3
P = ParamSpec("P")
R = TypeVar("R")


class Cost(NamedTuple):
    """ms of CPU a request, for a page of so many posts."""

    web: float
    servers: float
    posts: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = {"nargs": 2, "type": int, "metavar": ("ACCOUNTS", "POSTS")}
    parser.add_argument("--small", default=(1000, 20_000), **sizes)
    parser.add_argument("--large", default=(100_000, 2_000_000), **sizes)
    parser.add_argument("--seconds", type=float, default=6, help="for each page, way and round")
    options = parser.parse_args()
    small = apart(costs, *options.small, options.seconds)
    large = apart(costs, *options.large, options.seconds)
    columns = f"{'web':>8} {'servers':>8} {'posts':>6}"
    print(f"{'small, then large':32} {columns} {columns} {'ratio':>6}")
    for name, little in small.items():
        ratio = sum(large[name][:2]) / sum(little[:2])
        print(f"{name:32} {row_of(little)} {row_of(large[name])} {ratio:6.2f}")


def row_of(cost: Cost) -> str:
    """Return its columns."""
    return f"{cost.web:8.2f} {cost.servers:8.2f} {cost.posts:6d}"


def apart(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do work in a process of its own, which knows nothing of the servers that came before."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *args, **kwargs).result()


def costs(accounts: int, posts: int, seconds: float) -> dict[str, Cost]:
    """Return what requests cost with so much data, by page and way."""
    with cluster():
        pages = look_around(accounts=accounts, posts=posts, follows=accounts * 20)
        return {
            f"{name}, {way}": cost(path, cookie, environment, seconds)
            for way, environment in WAYS.items()
            for name, (path, cookie) in pages.items()
        }


def cost(path: str, cookie: str, environment: dict[str, str], seconds: float) -> Cost:
    """Return the median of some rounds."""
    rounds = []
    with web(environment) as (port, pid):
        url = [f"http://127.0.0.1:{port}{path}"]
        request = urllib.request.Request(url[0], headers={"Cookie": cookie})
        with urllib.request.urlopen(request) as answer:
            posts = answer.read().count(b'<article class="post"')
        push(url, [cookie], 4, 2, pid)
        for _ in range(ROUNDS):
            before = servers()
            load = push(url, [cookie], 4, seconds, pid)
            assert not load.errors, f"{load.errors} of {load.count} answers were wrong: {path}"
            rounds.append((load.cpu_ms, 1000 * (servers() - before) / load.count))
    web_ms, servers_ms = (statistics.median(row) for row in zip(*rounds, strict=True))
    return Cost(web_ms, servers_ms, posts)


def servers() -> float:
    """Return the seconds of CPU that PostgreSQL and Valkey of this cluster have used so far."""
    import psutil

    own = psutil.process_iter(["cmdline", "cwd"])
    found = [each for each in own if str(HOME) in f"{each.info['cmdline']} {each.info['cwd']}"]
    # What a server's child has used counts with the server once it has ended.
    return sum(sum(each.cpu_times()[:4]) for each in found if each.is_running())


if __name__ == "__main__":
    main()
