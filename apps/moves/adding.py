"""Bringing a new shard in: what it needs before the first bucket comes.

It has the schema and its guards from `migrate_all`, and owns nothing. Tables with the same rows
on every shard are copied here; whoever writes them writes to all shards, so processes that do not
know of the new one yet may leave it behind: `differing` finds that out, before each move.
"""

from django.apps import apps
from django.db import connections, transaction

from apps.moves import sizes
from apps.moves.errors import NotMovable
from apps.sharding.conf import conf
from apps.sharding.models import EverywhereModel


def new_shards() -> list[str]:
    """Return the shards that own no bucket."""
    return [shard for shard in conf().shards if not sizes.owned_by(shard)]


def settle(shard: str) -> int:
    """Copy to a shard what every shard has; returns how many rows were changed."""
    like = next((s for s in conf().shards if s != shard and sizes.owned_by(s)), None)
    if like is None:
        raise NotMovable(f"No shard has what {shard} needs. Run `manage.py migrate_all`.")
    return sum(_copy(table, like, shard) for table in everywhere())


def everywhere() -> list[str]:
    """Return the tables that have the same rows on every shard."""
    found = (model for model in apps.get_models() if issubclass(model, EverywhereModel))
    return sorted(model._meta.db_table for model in found)


def differing(shard: str) -> list[str]:
    """Return the tables of `everywhere` in which a shard has not the rows of the first."""
    first = conf().shards[0]
    return [name for name in everywhere() if _rows(first, name) != _rows(shard, name)]


def _copy(table: str, like: str, shard: str) -> int:
    """Make the rows of a table the same; the shard's own guards know nothing of such tables."""
    wanted = _rows(like, table)
    with transaction.atomic(using=shard), connections[shard].cursor() as cursor:
        had = _rows(shard, table)
        cursor.execute(f"DELETE FROM {table} AS t WHERE t::text = ANY(%s)", [sorted(had - wanted)])
        for row in sorted(wanted - had):
            cursor.execute(f"INSERT INTO {table} SELECT (%s::{table}).*", [row])
    return len(had ^ wanted)


def _rows(shard: str, table: str) -> set[str]:
    with connections[shard].cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {table} AS t")
        return {row for (row,) in cursor.fetchall()}
