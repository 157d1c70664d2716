"""Looks for what should be gone in every column of every table of every server."""

from django.apps import apps
from django.db import connections

from apps.sharding.conf import conf

# What may say an account's id, or its name: nothing says its texts.
STAYS = {"erasure_deletion": {"account_id"}, "accounts_tombstone": {"name"}}


def found_in(needles):
    """Return every column of every table of every server that holds one of the needles."""
    found = set()
    for alias in conf().primaries:
        with connections[alias].cursor() as cursor:
            there = set(connections[alias].introspection.table_names(cursor))
            for model in apps.get_models(include_auto_created=True):
                table = model._meta.db_table
                if table not in there:
                    continue
                for field in model._meta.local_concrete_fields:
                    values = [f"%{needle}%" for needle in needles]
                    cursor.execute(
                        f'SELECT 1 FROM "{table}" WHERE "{field.column}"::text ILIKE ANY(%s)'
                        " LIMIT 1",
                        [values],
                    )
                    if cursor.fetchone():
                        found.add((table, field.column))
    return found


def kept():
    return {(table, column) for table, columns in STAYS.items() for column in columns}
