#!/usr/bin/env python3
"""From the commit of a post to open browsers: p50 and p99 over all posts and WebSockets.

    python benchmarks/commit_to_browser.py [--posts 1000] [--sockets 100] [--rate 20]

Real processes: a push process and a worker of two; this process publishes and listens. Printed
beside the limit measured in the same run: a message given straight to the channel layer, with no
outbox, no broker and no worker in between.
"""

import argparse
import statistics
import time
from contextlib import closing

from environment import cluster
from listening import PATIENCE, Listening
from rich.progress import Progress
from serving import push, worker


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--sockets", type=int, default=100)
    parser.add_argument("--rate", type=float, default=20, help="posts a second")
    options = parser.parse_args()
    with (
        cluster(),
        push() as (port, _),
        worker(2),
        closing(Listening(port, options.sockets)) as browsers,
    ):
        bare = measure(browsers, 100, options.rate, tell)
        posts = measure(browsers, options.posts, options.rate, publisher())
    print(
        f"{options.posts:,} posts at {options.rate:g}/s to {options.sockets} WebSockets, 2 shards"
    )
    show("commit to browser", posts, options.posts * options.sockets)
    show("limit: channel layer to browser", bare, 100 * options.sockets)


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


if __name__ == "__main__":
    main()
