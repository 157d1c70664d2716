"""The tables that move with a bucket, and SQL over a bucket's rows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connections

from apps.sharding import guards

# Rows that a mover writes on the source to see them arrive, after all that was written before.
MARKER = "moves_marker"
LEAVES = """
SELECT coalesce(array_agg(inhrelid::regclass::text), '{}') FROM pg_inherits
WHERE inhparent = %s::regclass
"""
IDENTITY = """
SELECT c.relname FROM pg_class c WHERE c.relname = %s AND EXISTS (
    SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
    WHERE i.indrelid = c.oid AND i.indisprimary AND a.attname = %s
)
"""


class Table(NamedTuple):
    """A sharded table, the column that says a row's bucket, and those that hold positions."""

    name: str
    key: str
    positions: tuple[str, ...]


def every() -> list[Table]:
    """Return all tables whose rows move with their bucket; what refers to another comes first.

    So rows are deleted in this order, each before what it refers to.
    """
    found = {
        model._meta.db_table: (-_height(model), model._meta.db_table, model)
        for model in guards.sharded_models()
    }
    return [
        Table(name, model.shard_keys[0], model.positions)
        for _, name, model in sorted(found.values(), key=lambda one: one[:2])
    ]


def _height(model: Any) -> int:
    """Return how many tables lie one below the other under a table, by foreign keys."""
    below = (field.remote_field for field in model._meta.local_concrete_fields)
    return max((1 + _height(to.model) for to in below if to is not None), default=0)


def condition(table: Table, buckets: Sequence[int]) -> str:
    """Return SQL that is true for rows of some buckets; also a publication's row filter."""
    numbers = ", ".join(str(int(bucket)) for bucket in buckets)
    return f"((({table.key} >> 12) & 1023) IN ({numbers}))"


def unidentified(shard: str) -> list[str]:
    """Return the tables whose primary key does not say the bucket: their changes cannot follow."""
    lacking = []
    with connections[shard].cursor() as cursor:
        for table in every():
            cursor.execute(IDENTITY, [table.name, table.key])
            if cursor.fetchone() is None:
                lacking.append(table.name)
    return lacking


def leaves(shard: str, table: Table) -> list[str]:
    """Return the tables that hold the rows: the fragments of one that is partitioned."""
    with connections[shard].cursor() as cursor:
        cursor.execute(LEAVES, [table.name])
        return list(cursor.fetchone()[0]) or [table.name]
