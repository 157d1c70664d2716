"""The bucket map: which shard each of the 1024 buckets lives on, as the directory says."""

import threading

from apps.sharding.conf import conf
from apps.sharding.errors import NoBucketMap
from apps.sharding.ids import BUCKETS, bucket_of

_lock = threading.Lock()
_map: tuple[str, ...] = ()


def shard_of(bucket: int) -> str:
    """Return the alias of the shard that `bucket` lives on, by the map this process holds."""
    return (_map or reload())[bucket]


def shard_of_id(value: int) -> str:
    """Return the alias of the shard that the row with this id lives on."""
    return shard_of(bucket_of(value))


def reload() -> tuple[str, ...]:
    """Read the map anew from the directory's primary; raises NoBucketMap where it is not whole."""
    from apps.sharding.models import Bucket

    global _map
    with _lock:
        rows = dict(Bucket.objects.using(conf().directory).values_list("number", "shard"))
        if len(rows) < BUCKETS:
            raise NoBucketMap(BUCKETS - len(rows))
        _map = tuple(rows[number] for number in range(BUCKETS))
    return _map


def spread(shards: tuple[str, ...]) -> list[str]:
    """Return the first map: buckets in equal runs over the shards, in their order."""
    return [shards[number * len(shards) // BUCKETS] for number in range(BUCKETS)]


def found() -> None:
    """Write the first map into an empty directory; leave any other as it is."""
    from apps.sharding.models import Bucket

    rows = (Bucket(number=n, shard=shard) for n, shard in enumerate(spread(conf().shards)))
    table = Bucket.objects.using(conf().directory)
    if not table.exists():
        table.bulk_create(rows, ignore_conflicts=True)
