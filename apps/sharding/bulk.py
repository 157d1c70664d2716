"""Loading many rows at once by COPY, each to the shard that its key names."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any

from django.db import connections, models, router, transaction
from psycopg import Copy, sql

from apps.sharding import directory
from apps.sharding.conf import conf
from apps.sharding.models import ShardedModel

Row = Sequence[Any]


def load(model: type[models.Model], fields: Sequence[str], rows: Iterable[Row]) -> int:
    """Copy rows into a table; returns how many. Each database's rows are one transaction.

    The first field of a sharded model's rows is its shard key. The rows are read once, one at a
    time, so a generator keeps memory flat.
    """
    sharded = issubclass(model, ShardedModel)
    with ExitStack() as stack:
        names = conf().shards if sharded else (conf().directory,)
        copies = {name: _copy(stack, model, fields, name) for name in names}
        count = 0
        for row in rows:
            name = directory.shard_of_id(row[0]) if sharded else conf().directory
            copies[name].write_row(row)
            count += 1
    return count


def _copy(stack: ExitStack, model: type[models.Model], fields: Sequence[str], name: str) -> Copy:
    hints = {"shard": name} if issubclass(model, ShardedModel) else {}
    alias = router.db_for_write(model, **hints)
    stack.enter_context(transaction.atomic(using=alias))
    cursor = stack.enter_context(connections[alias].cursor())
    columns = sql.SQL(", ").join(sql.Identifier(field) for field in fields)
    table = sql.Identifier(model._meta.db_table)
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)
    copy: Copy = stack.enter_context(cursor.cursor.copy(command))  # type: ignore[union-attr]
    return copy
