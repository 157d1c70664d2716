"""A process that reads cached counts again and again, and counts what is older than it may be.

    python -m apps.caching.tests.reader BOARD SECONDS OWNER …

The board is a file with a line of two numbers for each owner: a count, and the position of the
commit that made it. A reader who holds this position must not get less.
"""

import json
import mmap
import os
import struct
import sys
import threading
import time

SLOT = struct.Struct("<QQ")


class Board:
    """What writers have committed, for readers in other processes."""

    def __init__(self, path, size):
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(bytes(SLOT.size * size))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)

    def post(self, number, count, position):
        """Note a committed count; the position first, so that no reader trusts too little."""
        at = number * SLOT.size
        self.map[at + 8 : at + 16] = struct.pack("<Q", position)
        self.map[at : at + 8] = struct.pack("<Q", count)

    def look(self, number):
        """Return a count, then the position of a commit at or after it."""
        at = number * SLOT.size
        count = struct.unpack("<Q", self.map[at : at + 8])[0]
        return count, struct.unpack("<Q", self.map[at + 8 : at + 16])[0]


def read_for(board, owners, seconds, threads=3):
    """Read with some threads for so long; returns how many reads there were, and how many stale."""
    from django.db import connections

    from apps.caching.tests.counted import likes
    from apps.replication import scopes
    from apps.replication.tokens import Position

    totals = {"reads": 0, "stale": 0, "errors": 0}
    lock = threading.Lock()

    def run(offset):
        end = time.monotonic() + seconds
        reads = stale = errors = 0
        number = offset
        while time.monotonic() < end:
            number = (number + 1) % len(owners)
            least, position = board.look(number)
            with scopes.scope({"shard0": Position(1, position)}):
                try:
                    found = likes(owners[number]) or 0
                except Exception:
                    errors += 1
                    continue
            reads += 1
            stale += found < least
        connections.close_all()
        with lock:
            totals["reads"] += reads
            totals["stale"] += stale
            totals["errors"] += errors

    running = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return totals


def main():
    path, seconds, *owners = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    import django

    django.setup()
    from apps.caching import stats

    board = Board(path, len(owners))
    found = read_for(board, [int(owner) for owner in owners], float(seconds))
    print(json.dumps(found | {"stats": stats.of_process()}))


if __name__ == "__main__":
    main()
