#!/usr/bin/env python3
"""The memory of web and worker over 100,000 requests: it must not grow with them.

    python benchmarks/memory.py [--requests 100000] [--steps 10]

Of ten requests six come from memory, three are made by Django (a page that is not kept), one writes
a post by a form, which a worker delivers. After each step the resident memory of each process is
printed, in MB; the last line says how much the second half has added.
"""

import argparse
import http.client
import threading
import time
import urllib.parse

from environment import cluster
from people import Crowd, crowd
from serving import web, worker

THREADS = 4


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    with cluster():
        people = crowd(members=20, authors=100, posts=500)
        with web({}) as (port, web_pid), worker() as worker_pid:
            processes = {"web": web_pid, "worker": worker_pid}
            measure(people, port, processes, options.requests // options.steps, options.steps)


def measure(people: Crowd, port: int, pids: dict[str, int], step: int, steps: int) -> None:
    """Send the steps; print the memory after each."""
    found = []
    for number in range(steps + 1):
        if number:
            send(people, port, step)
            time.sleep(2)
        found.append(memory(pids))
        row = "  ".join(f"{name} {size:.1f}" for name, size in found[-1].items())
        print(f"{number * step:7d} requests: {row}", flush=True)
    for name, last in found[-1].items():
        half = found[len(found) // 2][name]
        print(f"{name}: {last - half:+.1f} MB in the second half ({100 * (last / half - 1):+.1f}%)")


def memory(pids: dict[str, int]) -> dict[str, float]:
    """Return the MB of each process: of its parent, then of each child."""
    import psutil

    found = {}
    for name, pid in pids.items():
        parent = psutil.Process(pid)
        for place, each in enumerate([parent, *parent.children()]):
            found[f"{name}{place or ''}"] = each.memory_info().rss / 1e6
    return found


def send(people: Crowd, port: int, number: int) -> None:
    """Send so many requests over four connections."""
    threads = [
        threading.Thread(target=visit, args=(people, port, number // THREADS, place))
        for place in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def visit(people: Crowd, port: int, number: int, place: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for count in range(number):
        cookie = people.cookies[(count + place) % len(people.cookies)]
        kind = count % 10
        if kind == 9:
            post(connection, cookie, f"From {place}, number {count}.")
            continue
        path = ["/public", people.profile, people.thread][count % 3] if kind < 6 else "/topics"
        connection.request("GET", path, headers={"Cookie": cookie if kind % 2 else ""})
        check(connection)


def post(connection: http.client.HTTPConnection, cookie: str, text: str) -> None:
    """Send the form that publishes."""
    secret = dict(part.split("=", 1) for part in cookie.split("; "))["csrftoken"]
    body = urllib.parse.urlencode({"text": text, "csrfmiddlewaretoken": secret})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/publish", body, headers)
    check(connection)


def check(connection: http.client.HTTPConnection) -> None:
    answer = connection.getresponse()
    answer.read()
    assert answer.status in (200, 302), answer.status


if __name__ == "__main__":
    main()
