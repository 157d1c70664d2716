"""About how many rows a table has: what the server keeps for its planner, at no cost."""

from django.db import connections, models

ROWS = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass"


def rows(alias: str, model: type[models.Model]) -> int:
    """Return about how many rows of a model a database has; 0 before it has looked."""
    with connections[alias].cursor() as cursor:
        cursor.execute(ROWS, [model._meta.db_table])
        return int(cursor.fetchone()[0])
