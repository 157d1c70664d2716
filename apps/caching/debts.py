"""Tags that a commit could not mark, since Valkey was away: written down with the commit itself.

Until they are paid, readers who do reach Valkey may see what was cached before.
"""

from typing import Any

from django.db import connections

from apps.caching import store
from apps.replication import positions
from apps.sharding.conf import conf

WRITE = "INSERT INTO caching_debt (tag) SELECT unnest(%s::text[])"
OWED = "SELECT id, tag FROM caching_debt ORDER BY id LIMIT 10000"
PAID = "DELETE FROM caching_debt WHERE id = ANY(%s)"


def write_down(connection: Any, tags: list[str]) -> None:
    """Write tags down in the transaction that touched them."""
    connection.execute(WRITE, [tags])


def pay() -> int:
    """Bump on every primary what is owed there; returns how many debts were paid."""
    return sum(_pay(alias) for alias in conf().primaries)


def _pay(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute(OWED)
        owed = dict(cursor.fetchall())
    if owed:
        store.bump(alias, sorted(set(owed.values())), "debts", positions.ask(alias))
        with connections[alias].cursor() as cursor:
            cursor.execute(PAID, [list(owed)])
    return len(owed)
