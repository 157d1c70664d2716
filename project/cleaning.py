"""Empties the test databases after each test that commits.

Django's flush makes every file of every table anew, and then all content types and permissions:
1.7 s for three databases, measured on two busy cores. What holds nothing needs no emptying, and
what no test changes needs no making.
"""

from datetime import UTC, datetime
from typing import Any

from django.db import connections
from django.test import TransactionTestCase

# They say what models there are, and are made with the databases.
KEPT = {"django_content_type", "auth_permission"}


def take_over() -> None:
    """Have tests that commit leave the databases by `clean` instead of Django's flush."""
    TransactionTestCase._fixture_teardown = _clean_all  # type: ignore[attr-defined]


def clean(alias: str) -> None:
    """Empty the tables of one database that hold rows, and bring its buckets back to their place.

    By TRUNCATE, whose triggers tell the cache that what it keeps has gone.
    """
    from apps.events import fragments
    from apps.sharding import directory, guards
    from apps.sharding.conf import conf

    connection = connections[alias]
    if filled := _filled(connection):
        names = ", ".join(connection.ops.quote_name(name) for name in filled)
        connection.ops.execute_sql_flush([f"TRUNCATE {names} CASCADE"])
    if alias == conf().directory:
        directory.found()
    elif alias in conf().shards:
        guards.hand_over(alias)
        fragments.ensure(alias, datetime.now(UTC))


def _filled(connection: Any) -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    asked = [
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {connection.ops.quote_name(name)})"
        for name in names
        if name not in KEPT
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return [name for (name,) in cursor.fetchall()]


def _clean_all(case: Any) -> None:
    for alias in case._databases_names(include_mirrors=False):
        clean(alias)
