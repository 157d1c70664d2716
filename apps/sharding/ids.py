"""Ids: 41 bits of milliseconds since 2006-01-01 UTC, 10 bits of bucket, 12 bits of sequence.

An id is a positive 64-bit integer that sorts by time and says where its row lives. A tick is the
time and the sequence without the bucket: what a shard's clock counts.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(2006, 1, 1, tzinfo=UTC)
BUCKETS = 1024
SEQUENCES = 4096
LAST_MS = 2**41 - 1


def compose(tick: int, bucket: int) -> int:
    """Return the id for a tick of a shard's clock in `bucket`; raises ValueError out of range."""
    ms, sequence = divmod(tick, SEQUENCES)
    if not 0 <= ms <= LAST_MS or not 0 <= bucket < BUCKETS:
        raise ValueError(f"no id for tick {tick} in bucket {bucket}")
    return (ms * BUCKETS + bucket) * SEQUENCES + sequence


def bucket_of(value: int) -> int:
    """Return the bucket, 0..1023, that an id carries."""
    return (value >> 12) & (BUCKETS - 1)


def time_of(value: int) -> datetime:
    """Return the moment that an id carries, to the millisecond, in UTC."""
    return EPOCH + timedelta(milliseconds=value >> 22)


def tick_at(moment: datetime) -> int:
    """Return the first tick of the millisecond of `moment` (aware)."""
    return ((moment - EPOCH) // timedelta(milliseconds=1)) * SEQUENCES


def first_at(moment: datetime) -> int:
    """Return an id that no id made at or after `moment` is below."""
    return tick_at(moment) * BUCKETS
