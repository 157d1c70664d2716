"""One process of the checker: writes and reads keys until its input ends.

    python -m apps.grid.tests.hammer SEED SECONDS

Prints "done", waits for a line, then prints one line of JSON: how many entries it holds that
differ from what the server says, of how many, and how many the server has.
"""

import json
import os
import random
import sys
import threading
import time

import django

KEYS = [f"k{number}" for number in range(200)]
# The last seconds, in which nobody empties the server: there shall be something to compare.
CALM = 1.0


def main(seed: int, seconds: float) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    from apps.grid.tests.test_backend import make

    cache = make(KEY_PREFIX="hammer")
    end = time.monotonic() + seconds
    counts: list[dict[str, int]] = []
    threads = [
        threading.Thread(target=hammer, args=(cache, random.Random(seed * 10 + n), end, counts))
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("done", flush=True)
    sys.stdin.readline()
    print(json.dumps({**verdict(cache), **total(counts)}), flush=True)


def hammer(cache, pick: random.Random, end: float, counts: list) -> None:
    """Write one time in ten, read the others."""
    writes = reads = own_past = 0
    me = f"{os.getpid()}-{threading.get_ident()}"
    while time.monotonic() < end:
        key = pick.choice(KEYS)
        if pick.random() < 0.1:
            writes += 1
            write(cache, key, pick, may_empty=time.monotonic() < end - CALM)
        else:
            reads += 1
            cache.get(key) if pick.random() < 0.8 else cache.get_many(pick.sample(KEYS, 5))
        if pick.random() < 0.01:
            # A key that only this thread writes is read as it was written, whatever happens.
            number = pick.random()
            if cache.set(me, number):
                got = [cache.get(me) for _ in range(5)]
                own_past += any(value not in (number, None) for value in got)
        time.sleep(pick.random() * 0.0004)
    counts.append({"writes": writes, "reads": reads, "own_past": own_past})


def write(cache, key: str, pick: random.Random, may_empty: bool) -> None:
    """Change a key in one of the ways there are."""
    value = pick.choice([pick.random(), [pick.random()]])
    way = pick.randrange(6)
    if way == 0:
        cache.delete(key)
    elif way == 1:
        cache.set_many({key: value, pick.choice(KEYS): value})
    elif way == 2:
        cache.set(key, value, pick.uniform(0.05, 1))
    elif may_empty and pick.random() < 0.005:
        cache.clear()
    else:
        cache.set(key, value)


def verdict(cache) -> dict:
    """Compare all that memory would answer with what the server says."""
    until = time.monotonic() + 10
    while not cache.near.trusted and time.monotonic() < until:
        time.sleep(0.05)
    for key in KEYS:
        cache.get(key)
    time.sleep(0.1)
    near, stale, held, there = cache.near, 0, 0, 0
    for key in KEYS:
        made = cache.make_key(key)
        entry, said = near.find(made), cache.client.get(key)
        there += said is not None
        if entry is not None:
            held += 1
            stale += cache._open(entry) != said
    counts = {"stale": stale, "held": held, "there": there}
    return {**counts, "hits": near.hits, "doubts": near.doubts}


def total(counts: list) -> dict:
    return {name: sum(count[name] for count in counts) for name in counts[0]}


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
