#!/usr/bin/env python3
"""What the servers take for each kind of work: the simulation's table of times comes from here.

    python benchmarks/statements.py [--accounts 1000] [--posts 20000] [--times 300]

Each kind runs alone, one after the other, by one connection over loopback, with nothing cached.
Printed in ms: the time in statements (mean, and their spread: standard deviation over mean), all of
the time, which has Python's own in it, and the number of statements.
"""

import argparse
import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from environment import cluster


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=300)
    options = parser.parse_args()
    with cluster():
        from people import look_around

        look_around(accounts=options.accounts, posts=options.posts, follows=options.accounts * 20)
        print(f"{'':24} {'statements':>10} {'ms in them':>10} {'spread':>7} {'ms in all':>10}")
        for name, work in kinds().items():
            count, mean, spread, whole = measured(work, options.times)
            print(f"{name:24} {count:10.1f} {mean:10.2f} {spread:7.2f} {whole:10.2f}")
        print(f"a key of the cache, ms of the server's CPU: {cache_ms(20 * options.times):.4f}")


def kinds() -> dict[str, Callable[[], object]]:
    """Return what is measured, by name; each call takes the next account or post."""
    from django.conf import settings

    from apps.accounts import backends
    from apps.accounts.models import Account
    from apps.events import dispatch
    from apps.posts import selectors as posts
    from apps.posts import services as writing
    from apps.posts.models import Post
    from apps.sharding.conf import conf
    from apps.timelines import entries, selectors

    settings.CACHING_ENABLED = False
    shard = conf().shards[0]
    people = list(Account.objects.values_list("pk", flat=True))
    random.Random(1).shuffle(people)
    one = itertools.cycle(people)
    roots = itertools.cycle(Post.objects.using(shard).values_list("pk", "author_id")[:500])

    def fan_out(count: int) -> None:
        items = [entries.Item(pk, by, None) for pk, by in itertools.islice(roots, count)]
        entries.spread(shard, items)

    def like() -> None:
        writing.like(account_id=next(one), post_id=next(roots)[0])

    return {
        "account of a session": lambda: backends._signed_in(next(one)),
        "home": lambda: selectors.home_page(next(one)),
        "public, one shard": lambda: posts._public_on(shard, None),
        "profile": lambda: posts.author_page(author_id=next(one), viewer_id=None),
        "a post": lambda: writing.publish(author_id=next(one), text="What I saw today."),
        "a like": like,
        "fan-out of 1, one shard": lambda: fan_out(1),
        "fan-out of 100, one shard": lambda: fan_out(100),
        "claim and delivery": lambda: dispatch.drain(shard),
    }


def measured(work: Callable[[], object], times: int) -> tuple[float, float, float, float]:
    """Return per call: statements, ms in them, the spread of that, and ms in all."""
    from apps.replication import scopes

    rounds, wholes, counts = [], [], []
    for number in range(times + 20):
        with scopes.scope(), timed() as found:
            start = time.perf_counter()
            work()
            whole = time.perf_counter() - start
        if number >= 20:  # The first ones find nothing prepared.
            rounds.append(1000 * sum(found))
            wholes.append(1000 * whole)
            counts.append(len(found))
    mean = statistics.mean(rounds)
    spread = statistics.stdev(rounds) / mean if mean else 0
    return statistics.mean(counts), mean, spread, statistics.mean(wholes)


def cache_ms(times: int) -> float:
    """Return what the cache takes for each of twelve values of 1 kB, asked for at once."""
    import redis
    from django.conf import settings

    client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    names = [f"bench:{number}" for number in range(12)]
    client.mset(dict.fromkeys(names, "x" * 1000))

    def used() -> float:
        info = client.info("cpu")
        return info["used_cpu_user"] + info["used_cpu_sys"]

    before = used()
    for _ in range(times):
        client.mget(names)
    return 1000 * (used() - before) / (times * len(names))


@contextmanager
def timed() -> Iterator[list[float]]:
    """Give the seconds of each statement within the block."""
    from django.db import connections

    found: list[float] = []

    def note(execute, *asked):
        start = time.perf_counter()
        try:
            return execute(*asked)
        finally:
            found.append(time.perf_counter() - start)

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(note))
        yield found


if __name__ == "__main__":
    main()
