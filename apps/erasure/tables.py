"""Every table that may hold something of an account, found by looking at the models.

No list has to be kept: in a new table, whatever column of ids holds the account's is found. A row
goes, unless the column may be empty, or its model says that the row `outlives` who is in it.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.apps import apps
from django.db import connections, models

from apps.sharding.conf import conf
from apps.sharding.models import ShardedModel

# Nobody: ids are positive.
NOBODY = 0
# Texts in which an id may stand: of what failed, and what staff changed.
TEXTS = ("error", "traceback", "object_id", "change_message")
# Handled in steps of their own.
OWN_STEP = {"events.event", "accounts.account", "erasure.deletion", "accounts.tombstone"}

Told = Callable[[str, int], None]


class Column(NamedTuple):
    """A column of ids, and what becomes of a row: SQL that is given the id once."""

    table: str
    sql: str


def erase(account_id: int, told: Told) -> None:
    """Remove an account's id from every table of every server; `told` hears how many rows."""
    for alias in conf().primaries:
        for column in columns(alias):
            with connections[alias].cursor() as cursor:
                cursor.execute(column.sql, {"id": account_id, "text": f"%{account_id}%"})
                if cursor.rowcount > 0:
                    told(column.table, cursor.rowcount)


def columns(alias: str) -> Iterator[Column]:
    """Yield what is done on one server, table by table."""
    for model in models_on(alias):
        for field in model._meta.local_concrete_fields:
            if (sql := _sql(model, field)) is not None:
                yield Column(model._meta.db_table, sql)


def models_on(alias: str) -> list[type[models.Model]]:
    """Return the models whose tables are on a server, those with a step of their own left out."""
    is_shard = alias in conf().shards
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and issubclass(model, ShardedModel) == is_shard
        and model._meta.label_lower not in OWN_STEP
    ]


def _sql(model: type[models.Model], field: models.Field) -> str | None:  # type: ignore[type-arg]
    table, column = f'"{model._meta.db_table}"', f'"{field.column}"'
    kind = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(kind, models.JSONField):
        return f"DELETE FROM {table} WHERE {column}::text LIKE %(text)s"
    if field.name in TEXTS and isinstance(kind, models.CharField | models.TextField):
        return f"DELETE FROM {table} WHERE {column} LIKE %(text)s"
    if not isinstance(kind, models.BigIntegerField):
        return None
    if field.name in getattr(model, "outlives", ()):
        return f"UPDATE {table} SET {column} = {NOBODY} WHERE {column} = %(id)s"
    if field.null and field.name not in getattr(model, "shard_keys", ()):
        return f"UPDATE {table} SET {column} = NULL WHERE {column} = %(id)s"
    return f"DELETE FROM {table} WHERE {column} = %(id)s"
