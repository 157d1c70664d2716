"""All posts of a shard made to be found: also those from before the plugin was on."""

from collections.abc import Iterator

from apps.bundled.search import services
from apps.bundled.search.models import Document
from apps.kernel import cursors
from apps.posts import originals
from apps.posts import selectors as posts

CHUNK = 500


def rebuild(shard: str, *, after: int = 0) -> Iterator[tuple[int, int]]:
    """Store what the posts of a shard say, and forget those that are gone, oldest first.

    Yields how many posts each step took and the id of its last: a later call goes on after it.
    """
    while True:
        found = originals.after(shard, after, limit=CHUNK)
        services.store(found)
        last = found[-1].id if len(found) == CHUNK else cursors.LARGEST_ID
        _forget_gone(shard, after, last)
        yield len(found), found[-1].id if found else after
        if last == cursors.LARGEST_ID:
            return
        after = last


def _forget_gone(shard: str, after: int, last: int) -> None:
    rows = Document.objects.using(shard).filter(post_id__gt=after, post_id__lte=last)
    stored = rows.order_by("post_id").values_list("post_id", flat=True).iterator(CHUNK)
    batch: list[int] = []
    for post_id in stored:
        batch.append(post_id)
        if len(batch) == CHUNK:
            _forget(batch)
            batch = []
    _forget(batch)


def _forget(stored: list[int]) -> None:
    for post_id in set(stored) - posts.existing(stored):
        services.forget(post_id=post_id)
