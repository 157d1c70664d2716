#!/usr/bin/env python3
"""From the commit of a post to open browsers: p50 and p99 over all posts and WebSockets.

    python benchmarks/commit_to_browser.py [--posts 1000] [--sockets 100] [--rate 20]

Real processes: a push process and a worker of two; this process publishes and listens. Printed
beside the limit measured in the same run: a message given straight to the channel layer, with no
outbox, no broker and no worker in between.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager

from environment import HOME, ROOT, cluster, free_port
from rich.progress import Progress

PUSH = "gunicorn --config python:project.serving.push --bind"
WORKER = "celery --quiet -A project worker --concurrency 2 --loglevel WARNING --without-mingle"
SITE = "http://127.0.0.1:8000"
PATIENCE = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--sockets", type=int, default=100)
    parser.add_argument("--rate", type=float, default=20, help="posts a second")
    options = parser.parse_args()
    port = free_port()
    with cluster(), ExitStack() as stack:
        stack.enter_context(process(f"{PUSH} 127.0.0.1:{port}"))
        stack.enter_context(process(WORKER))
        listening = Listening(port, options.sockets)
        stack.callback(listening.close)
        bare = measure(listening, 100, options.rate, tell)
        posts = measure(listening, options.posts, options.rate, publisher())
    print(
        f"{options.posts:,} posts at {options.rate:g}/s to {options.sockets} WebSockets, 2 shards"
    )
    show("commit to browser", posts, options.posts * options.sockets)
    show("limit: channel layer to browser", bare, 100 * options.sockets)


class Listening:
    """WebSockets that note when each post came; runs in a thread of its own."""

    def __init__(self, port: int, count: int) -> None:
        self.came: defaultdict[str, list[float]] = defaultdict(list)
        self.ready = threading.Barrier(2)
        self.loop = asyncio.new_event_loop()
        self.port, self.count = port, count
        threading.Thread(target=self.loop.run_until_complete, args=(self.all(),)).start()
        self.ready.wait(PATIENCE)

    async def all(self) -> None:
        """Listen until told to close."""
        self.end = asyncio.Event()
        self.open = asyncio.Semaphore(0)
        tasks = [self.loop.create_task(self.one()) for _ in range(self.count)]
        for _ in tasks:
            await self.open.acquire()
        self.ready.wait(PATIENCE)
        await self.end.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def one(self) -> None:
        """One WebSocket."""
        from websockets.asyncio.client import connect

        address = f"ws://127.0.0.1:{self.port}/ws/"
        while True:
            try:
                socket = await connect(address, origin=SITE, compression=None)
                break
            except OSError:
                await asyncio.sleep(0.2)
        async with socket:
            await socket.send(json.dumps({"do": "subscribe", "topics": ["public"]}))
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "event":
                    self.came[message["data"]["post_id"]].append(time.perf_counter())
                else:
                    self.open.release()

    def close(self) -> None:
        """Close all."""
        self.loop.call_soon_threadsafe(self.end.set)


def measure(listening, count, rate, act):
    """Do something `count` times; returns the milliseconds to each browser."""
    done: dict[str, float] = {}
    start = time.perf_counter()
    with Progress(transient=True) as progress:
        for number in progress.track(range(count), description=act.__name__):
            time.sleep(max(0.0, start + number / rate - time.perf_counter()))
            name = act(number)
            done[name] = time.perf_counter()
    end = time.monotonic() + PATIENCE
    while any(len(listening.came[n]) < listening.count for n in done) and time.monotonic() < end:
        time.sleep(0.1)
    return [1000 * (came - done[name]) for name in done for came in listening.came[name]]


def tell(number: int) -> str:
    """Give the push process a message by the channel layer alone."""
    from asgiref.sync import async_to_sync
    from channels.layers import get_channel_layer

    told = [[number + 1, "bench", 0, {"public": {"post_id": f"bare {number}"}}]]
    async_to_sync(get_channel_layer().group_send)("push", {"type": "told", "told": told})
    return f"bare {number}"


def publisher():
    """Return a function that publishes a post, each by the next of ten authors."""
    from apps.accounts import services as accounts
    from apps.posts import services as posts

    people = [
        accounts.sign_up(username=f"a{n}", email=f"a{n}@bench.invalid", password=None).pk
        for n in range(10)
    ]

    def publish(number: int) -> str:
        author = people[number % len(people)]
        return str(posts.publish(author_id=author, text=f"post {number}").pk)

    return publish


def show(name: str, times: list[float], expected: int) -> None:
    """Print percentiles, and how many messages came of how many."""
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else [0.0] * 99
    print(
        f"{name}: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, most {max(times):.1f} ms; "
        f"lost {expected - len(times):,} of {expected:,}"
    )


@contextmanager
def process(command: str):
    """Run a process of the site against the benchmark's cluster."""
    environ = {**os.environ, "ROOKERY_HOME": str(HOME), "ROOKERY_SITE_URL": SITE}
    environ |= {"ROOKERY_DB_POOL": "1"} if command.startswith("gunicorn") else {}
    running = subprocess.Popen([sys.executable, "-m", *command.split()], cwd=ROOT, env=environ)
    try:
        yield
    finally:
        running.terminate()
        running.wait(30)


if __name__ == "__main__":
    main()
