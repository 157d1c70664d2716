"""Many follows at once, for demo data and benchmarks: no events, nobody is told."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from apps.follows.models import Follow, Tally
from apps.sharding import bulk


def load_follows(pairs: Iterable[tuple[int, int]]) -> int:
    """Store follows (follower id, followed id), each pair once, and count them on both sides."""
    following: Counter[int] = Counter()
    followers: Counter[int] = Counter()
    now = datetime.now(UTC)

    def counted() -> Iterator[tuple[int, int, datetime]]:
        for follower, followed in pairs:
            following[follower] += 1
            followers[followed] += 1
            yield follower, followed, now

    loaded = bulk.load(Follow, ("follower_id", "followed_id", "created_at"), counted())
    owners = following.keys() | followers.keys()
    rows = ((owner, 0, following[owner], followers[owner]) for owner in owners)
    bulk.load(Tally, ("owner_id", "slot", "following", "followers"), rows)
    return loaded
