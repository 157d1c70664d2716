"""From a query or an instance to the bucket that its rows live in."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In
from django.db.models.sql import Query
from django.db.models.sql.where import AND, WhereNode

from apps.sharding import directory, shards
from apps.sharding.errors import SeveralShards, ShardKeyMissing
from apps.sharding.ids import bucket_of

if TYPE_CHECKING:
    from apps.sharding.models import ShardedModel


def group_for(model: "type[ShardedModel]", hints: dict[str, Any]) -> str:
    """Return the alias of the shard for a query; raises ShardKeyMissing where nothing says it.

    Asked in turn: the hints `shard` and `bucket`, the instance that is saved, `shards.pinned`.
    """
    if "shard" in hints:
        return str(hints["shard"])
    bucket = hints.get("bucket")
    if bucket is None:
        bucket = _bucket_of_instance(hints.get("instance"))
    if bucket is None:
        bucket = shards.pinned_bucket()
    if bucket is None:
        raise ShardKeyMissing(model.__name__, model.shard_keys)
    return directory.shard_of(bucket)


def bucket_in(model: "type[ShardedModel]", query: Query) -> int | None:
    """Return the bucket that the filters of a query name, None where they name none.

    Keys of several buckets on one shard count as one; on several shards they raise SeveralShards.
    """
    if query.combinator:
        return bucket_in(model, query.combined_queries[0])
    for values in _key_values(query.where, model.shard_keys):
        buckets = {bucket_of(value) for value in values}
        if len({directory.shard_of(bucket) for bucket in buckets}) > 1:
            raise SeveralShards(model.__name__, model.shard_keys)
        if buckets:
            return min(buckets)
    return None


def _bucket_of_instance(instance: Any) -> int | None:
    for key in getattr(instance, "shard_keys", ()):
        value = getattr(instance, key)
        if value is not None:
            return bucket_of(value)
    return None


def _key_values(where: WhereNode, keys: tuple[str, ...]) -> Iterator[list[int]]:
    if where.negated or where.connector != AND:
        return
    for child in where.children:
        if isinstance(child, WhereNode):
            yield from _key_values(child, keys)
        elif isinstance(child, Exact | In) and _is_key(child.lhs, keys):
            yield from _plain(child.rhs)


def _is_key(lhs: Any, keys: tuple[str, ...]) -> bool:
    return isinstance(lhs, Col) and lhs.target.attname in keys


def _plain(rhs: Any) -> Iterator[list[int]]:
    if isinstance(rhs, int):
        yield [rhs]
    elif isinstance(rhs, list | tuple | set | frozenset) and all(isinstance(v, int) for v in rhs):
        yield list(rhs)
