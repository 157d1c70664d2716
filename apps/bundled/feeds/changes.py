"""When a feed became what it is: readers that know no ETag are told by Last-Modified.

A post may be deleted and an author take another name, so the newest post does not tell. What a feed
was last is kept in Valkey; without Valkey it has changed just now, which is always safe to say.
"""

from datetime import UTC, datetime, timedelta

from django.core.cache import cache

KEPT = timedelta(days=30)
SECOND = timedelta(seconds=1)


def changed_at(name: str, fingerprint: str, now: datetime | None = None) -> datetime:
    """Return since when the feed has this fingerprint, in whole seconds.

    Two states of a feed never share a second: the later one is said to be of the next.
    """
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    key = f"feeds:{name}"
    known = cache.get(key)
    if known is not None and known[0] == fingerprint:
        return datetime.fromtimestamp(known[1], UTC)
    if known is not None:
        now = max(now, datetime.fromtimestamp(known[1], UTC) + SECOND)
    cache.set(key, (fingerprint, now.timestamp()), KEPT.total_seconds())
    return now
