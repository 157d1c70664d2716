#!/usr/bin/env python3
"""What a request costs with little data and with a hundred times as much.

    python benchmarks/scale.py [--small 1000 20000] [--large 100000 2000000] [--rounds 5]

Each size (accounts, posts) has servers and a web process of its own, and both are up: each page is
asked of them in turns, since a machine changes its speed within minutes. Printed for each page,
made anew each time (no page is kept) and with nothing cached at all: how many posts it shows, ms of
CPU a request of the web process and of the servers, and in the last column large over small, of
both together. All are medians of the turns. The promise is 1.2 at most.
"""

import argparse
import multiprocessing
import signal
import statistics
import urllib.request
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from typing import NamedTuple, ParamSpec, Self, TypeVar

from environment import ROOT, cluster
from h2load import push
from people import look_around
from serving import web

# One worker: where two share the two threads of one core, a request costs each of them twice as
# much, and which of them connections come to is chance.
ALONE = {"ROOKERY_WEB_WORKERS": "1", "ROOKERY_EDGE_MB": "0"}
WAYS = {
    "page not kept": ALONE,
    "nothing cached": {**ALONE, "ROOKERY_NEAR_CACHE_MB": "0", "ROOKERY_QUERY_CACHE": "0"},
}
PAGES = ("public", "profile", "thread", "home")
WARM_SECONDS = 2
# With more than one, who asks for a page while it is made is given the same one.
CONNECTIONS = 1
# Ctrl-C goes to all processes of a terminal. A filled site hears of it from the first one.
_HEARS_NOBODY = (signal.SIGINT, signal.SIG_IGN)
P = ParamSpec("P")
R = TypeVar("R")


class Cost(NamedTuple):
    """ms of CPU a request."""

    web: float
    servers: float


class Asked(NamedTuple):
    """A page that is asked for: where, by whom, and of which process."""

    url: str
    cookie: str
    pid: int


class Site:
    """A site in a process of its own, which knows nothing of the servers of another one."""

    def __init__(self, name: str, accounts: int, posts: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._process = ProcessPoolExecutor(1, context, signal.signal, _HEARS_NOBODY)
        self.do(begin, name, accounts, posts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.do(end)
        self._process.shutdown()

    def do(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something there."""
        return self._process.submit(work, *args, **kwargs).result()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = {"nargs": 2, "type": int, "metavar": ("ACCOUNTS", "POSTS")}
    parser.add_argument("--small", default=(1000, 20_000), **sizes)
    parser.add_argument("--large", default=(100_000, 2_000_000), **sizes)
    parser.add_argument("--seconds", type=float, default=4, help="for each turn")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each size")
    options = parser.parse_args()
    with Site("small", *options.small) as small, Site("large", *options.large) as large:
        columns = f"{'web':>8} {'servers':>8} {'posts':>6}"
        print(f"{'small, then large':32} {columns} {columns} {'ratio':>6}")
        for way, environment in WAYS.items():
            for page in PAGES:
                row = in_turns([small, large], page, environment, options)
                print(f"{f'{page}, {way}':32} {row}", flush=True)


def in_turns(
    sites: list[Site], page: str, environment: dict[str, str], options: argparse.Namespace
) -> str:
    """Ask for a page of the sites in turns; returns the columns."""
    posts = [site.do(serve, page, environment) for site in sites]
    turns = [[site.do(turn, options.seconds) for site in sites] for _ in range(options.rounds)]
    for site in sites:
        site.do(serve_no_more)
    columns = [
        f"{statistics.median(cost.web for cost in costs):8.2f} "
        f"{statistics.median(cost.servers for cost in costs):8.2f} {count:6d}"
        for costs, count in zip(zip(*turns, strict=True), posts, strict=True)
    ]
    ratio = statistics.median(sum(large) / sum(small) for small, large in turns)
    return f"{' '.join(columns)} {ratio:6.2f}"


# What runs in a site's own process, and for how long.
_site, _serving = ExitStack(), ExitStack()
_pages: dict[str, tuple[str, str]] = {}
_asked: list[Asked] = []


def begin(name: str, accounts: int, posts: int) -> None:
    """Bring the site up and fill it; Ctrl-C takes it away again."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _site.enter_context(cluster(home=ROOT / f".rookery-bench-{name}"))
        _pages.update(look_around(accounts=accounts, posts=posts, follows=accounts * 20))
    except BaseException:
        end()
        raise
    finally:
        signal.signal(*_HEARS_NOBODY)


def end() -> None:
    """Take the site away, with a web process that a wrong answer has left."""
    _serving.close()
    _site.close()


def serve(page: str, environment: dict[str, str]) -> int:
    """Begin a web process and warm it up for a page; returns how many posts that shows."""
    path, cookie = _pages[page]
    port, pid = _serving.enter_context(web(environment))
    _asked[:] = [Asked(f"http://127.0.0.1:{port}{path}", cookie, pid)]
    request = urllib.request.Request(_asked[0].url, headers={"Cookie": cookie})
    with urllib.request.urlopen(request) as answer:
        posts = answer.read().count(b'<article class="post"')
    turn(WARM_SECONDS)
    return posts


def serve_no_more() -> None:
    """End the web process."""
    _serving.close()


def turn(seconds: float) -> Cost:
    """Ask for the page for so long."""
    url, cookie, pid = _asked[0]
    before = servers()
    load = push([url], [cookie], CONNECTIONS, seconds, pid)
    assert not load.errors, f"{load.errors} of {load.count} answers were wrong: {url}"
    return Cost(load.cpu_ms, 1000 * (servers() - before) / load.count)


def servers() -> float:
    """Return the seconds of CPU that PostgreSQL and Valkey of this cluster have used so far."""
    import psutil
    from django.conf import settings

    home = str(settings.HOME)
    own = psutil.process_iter(["cmdline", "cwd"])
    found = [each for each in own if home in f"{each.info['cmdline']} {each.info['cwd']}"]
    # What a server's child has used counts with the server once it has ended.
    return sum(sum(each.cpu_times()[:4]) for each in found if each.is_running())


if __name__ == "__main__":
    main()
