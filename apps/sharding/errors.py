"""The refusals of sharding."""

from apps.kernel.errors import RookeryError


class ShardKeyMissing(RookeryError):
    """A query over a sharded table does not say where its rows live."""

    def __init__(self, model: str, keys: tuple[str, ...]) -> None:
        named = " or ".join(f"{key}=…" for key in keys)
        super().__init__(
            f"This query on {model} names no shard key. Filter by {named}; for rows of several "
            f"shards use {model}.objects.get_many(ids) or {model}.objects.scatter(…)."
        )


class SeveralShards(ShardKeyMissing):
    """A query names keys that live on more than one shard."""


class ForeignBucket(RookeryError):
    """A shard refused to write rows of a bucket that it does not own."""

    def __init__(self, bucket: int, shard: str) -> None:
        super().__init__(
            f"Bucket {bucket} is not on {shard}, also by the newest bucket map. "
            f"Run `manage.py migrate_all` to hand each shard its buckets."
        )


class NoBucketMap(RookeryError):
    """The directory does not say where a bucket lives."""

    def __init__(self, missing: int) -> None:
        super().__init__(
            f"The bucket map in the directory lacks {missing} of 1024 buckets. "
            f"Run `manage.py migrate_all`."
        )


class CrossShardTransaction(RookeryError):
    """A transaction for one bucket was opened inside that of another."""

    def __init__(self, outer: int, inner: int) -> None:
        super().__init__(
            f"A transaction for bucket {inner} inside one for bucket {outer} would not be atomic. "
            f"Record an event in the outer one and do the rest in its subscriber."
        )


class NoTransaction(RookeryError):
    """Something that belongs into an owner's transaction was called outside of one."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} works inside `with shards.atomic_for(owner_id):` only.")
