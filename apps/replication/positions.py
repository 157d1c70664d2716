"""How far a server is: asked for, and carried home by every read.

A read in a scope brings the position of its server along in the same round trip, so the reader's
token covers all that the reader has seen, and no later read goes behind it.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.replication import scopes, tokens
from apps.replication.conf import conf

log = logging.getLogger(__name__)

# The position to remember after a write is pg_current_wal_lsn() asked after COMMIT: the insert
# position can point past a page header that an idle primary does not write for many seconds.
ON_PRIMARY = "SELECT pg_current_wal_lsn() - '0/0'"
ON_REPLICA = "SELECT pg_last_wal_replay_lsn() - '0/0'"


def ask(alias: str) -> int:
    """Return the position of the server behind `alias` now, in bytes of WAL."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(_question(alias))
        row = cursor.fetchone()
    return int(row[0] or 0)


def settle() -> None:
    """Move the scope's token past everything that was written and committed in it."""
    scope = scopes.current()
    if scope is None:
        return
    for group in sorted(scope.written):
        if connections[group].in_atomic_block:
            continue
        if conf().groups.get(group):
            try:
                tokens.advance(scope.token, group, ask(group))
            except (OperationalError, InterfaceError) as error:
                # Its write has failed with it: there is no position to remember.
                log.warning("%s does not say how far it is: %s", group, error)
        scope.written.discard(group)


def seen_by(connection: BaseDatabaseWrapper) -> int:
    """Return the furthest position known of this very connection; 0 for a new one.

    Freshness belongs to a connection, since one address can hide several servers.
    """
    return getattr(connection.connection, "rookery_position", 0)


def note(connection: BaseDatabaseWrapper, position: int) -> None:
    """Remember with the connection how far its server is: that only grows."""
    if position > seen_by(connection):
        connection.connection.rookery_position = position


def watch(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    """Have every read on a connection bring its position home, if its group has replicas."""
    if _carry not in connection.execute_wrappers:
        connection.execute_wrappers.append(_carry)


def _question(alias: str) -> str:
    return ON_PRIMARY if conf().primary_of(alias) == alias else ON_REPLICA


def _carry(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    scope, connection = scopes.current(), context["connection"]
    if scope is None or many or connection.in_atomic_block:
        return execute(sql, params, many, context)
    group, cursor = conf().primary_of(connection.alias), context["cursor"].cursor
    if not conf().groups.get(group) or not _is_read(sql, cursor):
        return execute(sql, params, many, context)
    result = execute(f"{sql}; {_question(connection.alias)}", params, many, context)
    cursor.set_result(-1)
    position = int(cursor.fetchone()[0] or 0)
    cursor.set_result(0)
    note(connection, position)
    tokens.advance(scope.token, group, position)
    return result


def _is_read(sql: Any, cursor: Any) -> bool:
    # A server-side cursor (it has a name) takes one statement only.
    return (
        isinstance(sql, str)
        and not getattr(cursor, "name", None)
        and sql.lstrip("( \n")[:6].upper() == "SELECT"
        and sql not in (ON_PRIMARY, ON_REPLICA)
    )
