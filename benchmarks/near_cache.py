#!/usr/bin/env python3
"""Hits a second: from the near cache, from Valkey over the network, and from a bare dictionary.

    python benchmarks/near_cache.py [--seconds 3]

One thread each, one after the other, in the same run; a small number and a packed object of
about 1 KB. The dictionary holds the objects themselves: it is the limit.
"""

import argparse
import time

from environment import cluster

OBJECT = {"name": "x" * 200, "lines": [f"line {number}" for number in range(60)]}
KEYS = 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    with cluster():
        for name, value in {"a number": 12345, "an object": OBJECT}.items():
            measure(name, value, options.seconds)


def measure(name: str, value: object, seconds: float) -> None:
    """Print the three figures for one kind of value."""
    from django.conf import settings
    from django.core.cache import cache
    from django_redis.cache import RedisCache

    far = RedisCache(settings.TOPOLOGY.cache, {})
    bare = {f"k{number}": value for number in range(KEYS)}
    cache.set_many(bare)
    time.sleep(1)
    cache.get_many(bare)
    hits, misses = cache.near.hits, cache.near.misses
    near = rate(cache.get, seconds)
    hits, misses = cache.near.hits - hits, cache.near.misses - misses
    print(
        f"{name}: near cache {near:,.0f}/s ({hits:,} hits of {hits + misses:,} reads), "
        f"Valkey {rate(far.get, seconds):,.0f}/s, dictionary {rate(bare.get, seconds):,.0f}/s"
    )


def rate(get: object, seconds: float) -> float:
    """Return how many keys a second `get` answers."""
    names = [f"k{number}" for number in range(KEYS)]
    count, begun = 0, time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds:
        for name in names:
            get(name)
        count += len(names)
    return count / spent


if __name__ == "__main__":
    main()
