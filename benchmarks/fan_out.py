#!/usr/bin/env python3
"""Fan-out of one post to many followers: time to the last timeline, and statements.

    python benchmarks/fan_out.py [--followers 10000] [--shards 2] [--posts 5]

Printed beside the limit measured in the same run: the bare INSERT … SELECT of as many rows into a
table with the same key, on one server.
"""

import argparse
import statistics
import time

from environment import cluster


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--followers", type=int, default=10_000)
    parser.add_argument("--shards", type=int, default=2)
    parser.add_argument("--posts", type=int, default=5)
    options = parser.parse_args()
    with cluster(options.shards):
        author = people(options.followers)
        times, statements = [], 0
        for number in range(options.posts):
            seconds, statements = one_post(author, f"post {number}")
            times.append(seconds)
        limit = bare_insert(options.followers)
    median = statistics.median(times)
    print(f"followers {options.followers:,}, shards {options.shards}, posts {options.posts}")
    print(
        f"publish to last timeline: median {median * 1000:.0f} ms, most {max(times) * 1000:.0f} ms"
    )
    print(f"statements of the fan-out: {statements}")
    print(f"limit, bare INSERT … SELECT of as many rows: {limit * 1000:.0f} ms")


def people(count: int) -> int:
    """Make an author and that many followers over all shards; returns the author's id."""
    import random

    from apps.accounts import services as accounts
    from apps.follows import loading as follows
    from apps.sharding import clock, ids
    from apps.sharding.directory import shard_of

    author = accounts.sign_up(username="author", email="author@bench.invalid", password=None).pk
    rng = random.Random(1)
    buckets = [rng.randrange(ids.BUCKETS) for _ in range(count)]
    ticks = {shard: iter(clock.reserve(shard, count)) for shard in {shard_of(b) for b in buckets}}
    made = [ids.compose(next(ticks[shard_of(bucket)]), bucket) for bucket in buckets]
    accounts.load(
        [
            accounts.NewAccount(pk, f"reader{n}", f"reader{n}@bench.invalid", "!", "", "")
            for n, pk in enumerate(made)
        ]
    )
    follows.load_follows((pk, author) for pk in made)
    return author


def one_post(author: int, text: str) -> tuple[float, int]:
    """Publish, deliver; returns the seconds to the last timeline and the fan-out's statements."""
    from contextlib import ExitStack

    from django.db import connections

    from apps.posts import services as posts
    from apps.posts.events import PostPublished
    from apps.timelines import receivers

    start = time.perf_counter()
    post = posts.publish(author_id=author, text=text)
    counted: list[str] = []

    def note(execute, sql, *rest):
        counted.append(sql)
        return execute(sql, *rest)

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(note))
        receivers.fan_out([(PostPublished(post_id=post.pk, author_id=author), 0)])
    return time.perf_counter() - start, len(counted)


def bare_insert(rows: int) -> float:
    """Return the seconds that one server takes to insert as many rows by one statement."""
    from django.db import connections

    with connections["shard0"].cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bare (a bigint, b bigint, c bigint, d bigint, PRIMARY KEY (a, b))"
        )
        times = []
        for number in range(5):
            start = time.perf_counter()
            cursor.execute(
                "INSERT INTO bare SELECT n, %s, 0, NULL FROM generate_series(1, %s) AS n",
                [number, rows],
            )
            times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
