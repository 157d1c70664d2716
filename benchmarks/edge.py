#!/usr/bin/env python3
"""Pages from the web process' memory: how many a second, and from 10,000 connections.

    python benchmarks/edge.py [--seconds 10] [--rounds 3] [--connections 10000] [--hold 60]

The generator is h2load (Debian: nghttp2-client), on the same machine. First as fast as it goes over
100 connections, rounds mixed, medians printed: the limit (an application of one line under the same
server, with a body of the same size), the public page, a profile and a thread as a visitor, and
home of 100 members. Home is measured without kept pages too (the grid warm, then no cache at all),
beside a bare Django view with one SELECT, and what pgbench makes of that SELECT. Then the
connections are held, each asks for one page a second, arrivals spread, while ten posts a second are
written: p50 to p99.9, errors, and how long it took until each post was on its pages. CPU is that of
the web process, in ms a request.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from typing import NamedTuple

import bare
from environment import cluster
from h2load import Load, hold, push
from people import Crowd, crowd
from serving import web, worker

UNKEPT = {"ROOKERY_EDGE_MB": "0"}
COLD = UNKEPT | {"ROOKERY_NEAR_CACHE_MB": "0", "ROOKERY_QUERY_CACHE": "0"}
POSTS_PER_SECOND = 10
# The rest are posts: a thread shows its first fifty replies, and all are looked for on it.
REPLY_EVERY = 20
# Seconds that a post is looked for, by so many at once.
PATIENCE, LOOKING = 20.0, 200


class Way(NamedTuple):
    """One thing that is measured: what is asked for, by whom, of which server."""

    paths: list[str]
    cookies: list[str]
    environment: dict[str, str]
    application: str = "project.web"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--members", type=int, default=100, help="whose home is asked for")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--hold", type=int, default=60, help="seconds")
    options = parser.parse_args()
    if shutil.which("h2load") is None:
        sys.exit("h2load is missing. Debian and Ubuntu have it: apt-get install nghttp2-client")
    with cluster(), tempfile.TemporaryDirectory() as folder:
        people = crowd(members=options.members, authors=200, posts=options.posts)
        bare.write(folder, size=5000)
        at_full_speed(ways(people, folder), options)
        limit = bare.pgbench(options.seconds, folder)
        print(f"{'limit: pgbench, the same SELECT':36} {limit:10.0f}")
        held(people, options)


def ways(people: Crowd, folder: str) -> dict[str, Way]:
    """Return what is measured, by the name that is printed."""
    alone = {"PYTHONPATH": folder}
    pages = {"public": "/public", "profile": people.profile, "thread": people.thread}
    visitors = {name: Way([path], [""], {}) for name, path in pages.items()}
    return {
        "limit: one line, no Django": Way(["/"], [""], alone, "one_line:application"),
        **visitors,
        "home": Way(["/"], people.cookies, {}),
        "limit: bare Django view, one SELECT": Way(["/"], [""], alone, "one_select:application"),
        "home, page not kept": Way(["/"], people.cookies, UNKEPT),
        "home, nothing cached": Way(["/"], people.cookies, COLD),
    }


def at_full_speed(found: dict[str, Way], options: argparse.Namespace) -> None:
    """Measure each way in turn, several times; print medians."""
    rounds: dict[str, list[Load]] = {name: [] for name in found}
    for _ in range(options.rounds):
        for name, way in found.items():
            rounds[name].append(one_way(way, options.seconds))
    print(f"{'100 connections':36} {'requests/s':>10} {'CPU ms':>7} {'p99 ms':>7} {'errors':>7}")
    for name, loads in rounds.items():
        rate, cpu, p99 = (
            statistics.median(getattr(load, field) for load in loads)
            for field in ("rate", "cpu_ms", "p99_ms")
        )
        errors = sum(load.errors for load in loads)
        print(f"{name:36} {rate:10.0f} {cpu:7.2f} {p99:7.1f} {errors:7d}")


def one_way(way: Way, seconds: float) -> Load:
    """Measure one way for so long, by a web process of its own."""
    with web(way.environment, way.application) as (port, pid):
        urls = [f"http://127.0.0.1:{port}{path}" for path in way.paths]
        push(urls, way.cookies, 100, min(3, seconds), pid)
        return push(urls, way.cookies, 100, seconds, pid)


def held(people: Crowd, options: argparse.Namespace) -> None:
    """Hold all connections while posts are written; print what their users met."""
    with web({}) as (port, pid), worker():
        base = f"http://127.0.0.1:{port}"
        paths = ["/public", people.profile, people.thread]
        urls = [base + path for path in paths]
        stop = threading.Event()
        with ThreadPoolExecutor(1) as thread:
            writing = thread.submit(write, people, base, stop)
            try:
                load = hold(urls, options.connections, options.hold, pid)
            finally:
                stop.set()
        posts, delays = writing.result()
    print(
        f"\n{options.connections} connections, one page a second each, {options.hold} s,", end=" "
    )
    print(f"{POSTS_PER_SECOND} posts a second:")
    print(
        f"{load.rate:.0f} requests/s, p50 {load.p50_ms:.1f} ms, p99 {load.p99_ms:.1f} ms,", end=" "
    )
    print(f"p99.9 {load.p999_ms:.1f} ms, {load.errors} errors of {load.count};", end=" ")
    print(f"CPU {load.cpu_ms:.2f} ms a request")
    late = sum(delay > 1 for delay in delays)
    print(
        f"{posts} posts: {late} of {len(delays)} times one was not on its page within 1 s;", end=" "
    )
    print(f"p50 {statistics.median(delays) * 1000:.0f} ms, slowest {max(delays) * 1000:.0f} ms")


def write(people: Crowd, base: str, stop: threading.Event) -> tuple[int, list[float]]:
    """Write posts at a steady rate; return how many, and how long each took to its pages."""
    from django.db import connections

    looks, due, number = [], time.monotonic(), 0
    with ThreadPoolExecutor(LOOKING) as threads:
        while not stop.is_set():
            text, is_reply = f"number {number} of the day", number % REPLY_EVERY == 0
            people.write(text, is_reply=is_reply)
            begun = time.monotonic()
            for path in [people.thread] if is_reply else ["/public", people.profile]:
                looks.append(threads.submit(look, base + path, text, begun))
            number, due = number + 1, due + 1 / POSTS_PER_SECOND
            stop.wait(max(0, due - time.monotonic()))
    connections.close_all()
    return number, [each.result() for each in looks]


def look(url: str, text: str, begun: float) -> float:
    """Ask for a page until it shows a text; return the seconds since, `PATIENCE` if it never does.

    A page that cannot be had does not show it.
    """
    while time.monotonic() < begun + PATIENCE:
        with suppress(OSError, HTTPException), urllib.request.urlopen(url, timeout=20) as answer:
            if text in answer.read().decode():
                return time.monotonic() - begun
        time.sleep(0.05)
    return PATIENCE


if __name__ == "__main__":
    main()
