#!/usr/bin/env python3
"""The memory of each process over 100,000 requests: it must not grow with them.

    python benchmarks/memory.py [--requests 100000] [--steps 10] [--sockets 20] [--caches 8]

Of ten requests six are for pages that are kept, three for one that Django makes each time, one
writes a post by a form: a worker delivers it, and browsers with a WebSocket are told of it. After
each step the resident memory of each process is printed, in MB, once all is delivered; the last
lines say how many of the posts are stored and told, and how much the second half has added.

A web process grows until its caches are as great as they may be. Here each may have a few MB, so
that they are full long before the half: what grows then is lost.
"""

import argparse
import http.client
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from environment import cluster
from listening import Listening
from people import Crowd, crowd
from serving import beat, push, web, worker

THREADS = 4
# Of so many requests one is a post.
OF = 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--sockets", type=int, default=20)
    parser.add_argument("--caches", type=int, default=8, help="MB of each cache of a web process")
    options = parser.parse_args()
    names = ("ROOKERY_NEAR_CACHE_MB", "ROOKERY_EDGE_MB")
    caches = dict.fromkeys(names, str(options.caches))
    with cluster():
        people = crowd(members=20, authors=100, posts=500)
        before = stored()
        with (
            web(caches) as (port, web_pid),
            push() as (push_port, push_pid),
            worker() as worker_pid,
            beat() as beat_pid,
            closing(Listening(push_port, options.sockets)) as told,
        ):
            pids = {"web": web_pid, "push": push_pid, "worker": worker_pid, "beat": beat_pid}
            measure(people, port, pids, options.requests // options.steps, options.steps)
            posts, heard = stored() - before, sum(len(each) for each in told.came.values())
        sent = options.steps * THREADS * (options.requests // options.steps // THREADS // OF)
        print(f"{posts} of {sent} posts are stored; WebSockets heard of them {heard} of", end=" ")
        print(f"{sent * options.sockets} times")


def measure(people: Crowd, port: int, pids: dict[str, int], step: int, steps: int) -> None:
    """Send the steps; print the memory after each."""
    found = []
    for number in range(steps + 1):
        if number:
            send(people, port, step)
            wait(pids)
        found.append(memory(pids))
        row = "  ".join(f"{name} {size:.1f}" for name, size in found[-1].items())
        print(f"{number * step:7d} requests: {row}", flush=True)
    for name, last in found[-1].items():
        half = found[len(found) // 2][name]
        print(f"{name}: {last - half:+.1f} MB in the second half ({100 * (last / half - 1):+.1f}%)")


def stored() -> int:
    """Return how many posts there are."""
    from apps.posts.models import Post
    from apps.sharding.conf import conf

    return sum(Post.objects.using(shard).count() for shard in conf().shards)


def wait(pids: dict[str, int]) -> None:
    """Wait until all events are delivered, as long as all processes are there."""
    from apps.events.models import Event
    from apps.sharding.conf import conf

    while any(
        Event.objects.using(shard).filter(finished_at=None).exists() for shard in conf().shards
    ):
        memory(pids)
        time.sleep(1)


def memory(pids: dict[str, int]) -> dict[str, float]:
    """Return the MB of each process: of its parent, then of each child."""
    import psutil

    found = {}
    for name, pid in pids.items():
        parent = psutil.Process(pid)
        for place, each in enumerate([parent, *parent.children()]):
            assert each.status() != psutil.STATUS_ZOMBIE, f"{name} has ended; its log says why."
            found[f"{name}{place or ''}"] = each.memory_info().rss / 1e6
    return found


def send(people: Crowd, port: int, number: int) -> None:
    """Send so many requests over four connections."""
    with ThreadPoolExecutor(THREADS) as threads:
        visits = [
            threads.submit(visit, people, port, number // THREADS, place)
            for place in range(THREADS)
        ]
    for each in visits:
        each.result()


def visit(people: Crowd, port: int, number: int, place: int) -> None:
    """Send so many requests over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for count in range(number):
        cookie = people.cookies[(count + place) % len(people.cookies)]
        kind = count % OF
        if kind == OF - 1:
            post(connection, cookie, f"From {place}, number {count}.")
            continue
        path = ["/public", people.profile, people.thread][count % 3] if kind < 6 else "/topics"
        connection.request("GET", path, headers={"Cookie": cookie if kind % 2 else ""})
        check(connection, 200)


def post(connection: http.client.HTTPConnection, cookie: str, text: str) -> None:
    """Send the form that publishes."""
    secret = dict(part.split("=", 1) for part in cookie.split("; "))["csrftoken"]
    body = urllib.parse.urlencode({"text": text, "csrfmiddlewaretoken": secret})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/posts/", body, headers)
    check(connection, 302)


def check(connection: http.client.HTTPConnection, status: int) -> None:
    answer = connection.getresponse()
    answer.read()
    assert answer.status == status, answer.status


if __name__ == "__main__":
    main()
