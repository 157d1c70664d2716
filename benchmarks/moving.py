#!/usr/bin/env python3
"""A bucket that moves to another shard while it is written to: what fails, is lost, and waits.

    python benchmarks/moving.py [--rows 50000] [--rate 100] [--processes 4]

All writes go to the bucket that moves. Printed beside the limit measured in the same run: a bare
COPY of as many posts from one server to the other.
"""

import argparse
import hashlib
import json
import math
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from environment import ROOT, cluster

SLICE = 5_000
LEAD = 3.0
BARE = "CREATE TEMPORARY TABLE bare (LIKE posts_post INCLUDING INDEXES) ON COMMIT DROP"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--write", nargs=3, metavar=("ACCOUNT", "NAME", "RATE"), help="a writer")
    options = parser.parse_args()
    if options.write:
        account, name, rate = options.write
        write(int(account), name, float(rate))
        return
    with cluster():
        measure(options.rows, options.rate, options.processes)


def measure(rows: int, rate: float, processes: int) -> None:
    """Fill a bucket, move it under load, and count."""
    from apps.accounts import services as accounts
    from apps.moves.models import Move
    from apps.moves.mover import Mover
    from apps.sharding import directory
    from apps.sharding.ids import bucket_of

    author = accounts.sign_up(username="author", email="author@bench.invalid", password=None).pk
    bucket = bucket_of(author)
    source = directory.shard_of(bucket)
    target = {"shard0": "shard1", "shard1": "shard0"}[source]
    fill(author, rows)
    limit = bare_copy(source, target)
    expected = stored(source, author)
    with tempfile.TemporaryDirectory() as folder:
        writers = [
            start_writer(author, f"w{n}", rate / processes, folder) for n in range(processes)
        ]
        time.sleep(LEAD)
        move = Move.objects.create(buckets=[bucket], source=source, target=target)
        begun = time.monotonic()
        Mover(move, lambda _, what: say(what), keep_seconds=5).run()
        took = time.monotonic() - begun
        time.sleep(LEAD)
        found = [end_writer(writer) for writer in writers]
    sys.stdout.write("\n")
    report(move, took, limit, found, expected, stored(target, author), stored(source, author))


def fill(author: int, rows: int) -> None:
    """Give an account so many posts."""
    from apps.posts.imports import Draft, import_posts

    start = datetime(2020, 1, 1, tzinfo=UTC)
    for first in range(0, rows, SLICE):
        numbers = range(first, min(first + SLICE, rows))
        import_posts(
            author_id=author, drafts=[Draft(f"{n}", f"an old thought, {n}", start) for n in numbers]
        )


def bare_copy(source: str, target: str) -> float:
    """Return the seconds of a COPY of all posts from a server to a bare table on the other."""
    from django.db import connections, transaction

    with transaction.atomic(using=target), connections[target].cursor() as there:
        there.execute(BARE)
        begun = time.perf_counter()
        with (
            connections[source].cursor() as here,
            here.copy("COPY posts_post TO STDOUT") as out,
            there.copy("COPY bare FROM STDIN") as into,
        ):
            for part in out:
                into.write(part)
        return time.perf_counter() - begun


def stored(shard: str, author: int) -> dict[int, str]:
    """Return an account's posts on a server: the text by id."""
    from django.db import connections

    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT id, text FROM posts_post WHERE author_id = %s", [author])
        return dict(cursor.fetchall())


def start_writer(author: int, name: str, rate: float, folder: str) -> tuple[Any, Path]:
    """Start a process that publishes, and writes down what was acknowledged and how fast."""
    path = Path(folder) / name
    words = [sys.executable, __file__, "--write", str(author), name, str(rate)]
    with path.open("w") as file:
        process = subprocess.Popen(words, cwd=ROOT, stdout=file, stdin=subprocess.PIPE)
    return process, path


def end_writer(writer: tuple[Any, Path]) -> list[dict[str, Any]]:
    """Have a writer finish; returns what it wrote down."""
    process, path = writer
    process.stdin.close()
    process.wait(60)
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(author: int, name: str, rate: float) -> None:
    """Publish at an even pace until standard input ends; a line for each."""
    import threading

    import django

    django.setup()
    from apps.posts import services as posts
    from apps.replication import scopes

    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()

    def send(number: int, due: float) -> None:
        text = f"{name} {number}"
        try:
            with scopes.scope():
                line = {"id": posts.publish(author_id=author, text=text).pk, "text": text}
        except Exception as error:
            line = {"error": repr(error)}
        # From when it was due: what a stall kept from being sent has waited too.
        sys.stdout.write(json.dumps({**line, "ms": 1000 * (time.monotonic() - due)}) + "\n")

    # The first one opens connections: the pace begins after it, and its time says nothing.
    send(0, math.inf)
    begun, number = time.monotonic(), 0
    while not ended.is_set():
        due = begun + number / rate
        time.sleep(max(0.0, due - time.monotonic()))
        number += 1
        send(number, due)


def report(
    move: Any,
    took: float,
    limit: float,
    found: list[list[dict[str, Any]]],
    before: dict[int, str],
    there: dict[int, str],
    left: dict[int, str],
) -> None:
    """Print the figures."""
    lines = [line for writer in found for line in writer]
    acknowledged = {line["id"]: line["text"] for line in lines if "id" in line}
    expected = before | acknowledged
    failed = [line["error"] for line in lines if "error" in line]
    waits = sorted(line["ms"] for line in lines if line["ms"] >= 0)
    lost = [pk for pk in expected if there.get(pk) != expected[pk]]
    extra = [pk for pk in there if pk not in expected]
    doubled = len(there) - len(set(there.values()))
    print(f"rows moved: {len(before):,} posts and what belongs to them, in {took:.1f} s")
    print(f"limit, a bare COPY of the posts: {limit:.1f} s")
    print(f"writes: {len(acknowledged):,} acknowledged, {len(failed)} of {len(lines):,} failed")
    print(
        f"lost: {len(lost)} of {len(expected):,}; doubled: {doubled}; not asked for: {len(extra)}"
    )
    print(f"checksums: expected {checksum(expected)}, found {checksum(there)}")
    print(f"rows left where they were: {len(left)}")
    print(f"writers waited at the fence: {move.stall_ms:.0f} ms (goal: at most 250 ms)")
    print(f"a write took, from when it was due: median {waits[len(waits) // 2]:.0f} ms", end=", ")
    print(f"longest {waits[-1]:.0f} ms")
    for error in sorted(set(failed))[:5]:
        print(f"failed: {error}")


def checksum(rows: dict[int, str]) -> str:
    """Return the digest of ids and texts."""
    return hashlib.sha256(repr(sorted(rows.items())).encode()).hexdigest()[:16]


def say(what: str) -> None:
    """Tell what the mover does, on one line."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r{what[:100]:<100}")


if __name__ == "__main__":
    main()
