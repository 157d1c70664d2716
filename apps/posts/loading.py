"""Many posts and likes at once, for demo data and benchmarks: no events, nobody is told."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from apps.posts.models import Like, Post, Tally
from apps.sharding import bulk, ids
from apps.sharding.tallies import slot_of

FIELDS = ("id", "author_id", "text", "arrived_at")


def load_posts(rows: Iterable[tuple[int, int, str]]) -> int:
    """Store posts (id, author id, text) and count them on their authors; returns how many."""
    authors: Counter[int] = Counter()

    def counted() -> Iterator[tuple[int, int, str, datetime]]:
        for row in rows:
            authors[row[1]] += 1
            yield *row, ids.time_of(row[0])

    loaded = bulk.load(Post, FIELDS, counted())
    fields = ("owner_id", "slot", "posts", "likes", "reposts", "replies")
    bulk.load(Tally, fields, ((author, 0, count, 0, 0, 0) for author, count in authors.items()))
    return loaded


def load_likes(pairs: Iterable[tuple[int, int]]) -> int:
    """Store likes (post id, account id), each pair once, and count them; returns how many."""
    slots: Counter[tuple[int, int]] = Counter()
    now = datetime.now(UTC)

    def counted() -> Iterator[tuple[int, int, datetime]]:
        for post_id, account_id in pairs:
            slots[post_id, slot_of(account_id)] += 1
            yield post_id, account_id, now

    loaded = bulk.load(Like, ("post_id", "account_id", "created_at"), counted())
    fields = ("owner_id", "slot", "likes", "reposts", "replies", "posts")
    rows = ((post_id, slot, count, 0, 0, 0) for (post_id, slot), count in slots.items())
    bulk.load(Tally, fields, rows)
    return loaded
