"""Every read in a scope brings the position of its server home, in the same round trip.

So the reader's token covers all that the reader has seen, and no later read goes behind it. A read
that a replica does not finish runs again on the primary.
"""

import logging
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.db import InterfaceError, InternalError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import TransactionStatus

from apps.kernel import dependencies
from apps.replication import patience, positions, replicas, scopes, servers, tokens, watchers
from apps.replication.conf import conf
from apps.replication.errors import Superseded
from apps.replication.servers import ServerAway

log = logging.getLogger(__name__)

Execute = Callable[..., Any]
CONFLICT, CANCELLED, READ_ONLY, IN_RECOVERY = "40001", "57014", "25006", "55000"


def watch(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    """Have every read on a connection bring its position home, if its group has replicas."""
    patience.bound(connection.connection, connection.alias)
    if carry not in connection.execute_wrappers:
        connection.execute_wrappers.append(carry)


def carry(execute: Execute, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run a statement; a read of a scope brings its position, or runs again elsewhere."""
    connection, group = context["connection"], conf().primary_of(context["connection"].alias)
    if not _brings_home(connection, group, sql, many, context):
        return _write(execute, sql, params, many, context)
    try:
        with servers.of(connection.alias).reading():
            return _read(execute, sql, params, context)
    except (OperationalError, InterfaceError) as error:
        _look_into(connection, error)
        elsewhere = _elsewhere(connection, group, error)
        if elsewhere is None:
            raise
    _turn_to(connections[elsewhere], context)
    with servers.of(elsewhere).reading():
        return _read(execute, sql, params, context, is_last=True)


def _read(
    execute: Execute, sql: str, params: Any, context: dict[str, Any], *, is_last: bool = False
) -> Any:
    connection, cursor = context["connection"], context["cursor"].cursor
    group, scope = conf().primary_of(connection.alias), scopes.current()
    question = positions.question(connection.alias, connection.connection)
    dependencies.passing(f"{connection.alias} was asked")
    result = execute(f"{sql}; {question}", params, False, context)
    cursor.set_result(-1)
    position = positions.answer(connection.connection, cursor.fetchone())
    cursor.set_result(0)
    if connection.alias == group:
        _check_current(group, position, is_last)
    positions.note(connection, position)
    if scope is not None:
        tokens.advance(scope.token, group, position, is_primary=connection.alias == group)
        scope.answered.setdefault(group, set()).add(connection.alias)
    return result


def _check_current(group: str, position: tokens.Position, is_last: bool) -> None:
    """Raise Superseded for the answer of a primary that has been replaced, as far as known.

    What another process has seen may stem from servers that are gone for good: it is believed
    for one more connection, and then no more.
    """
    scope = scopes.current()
    seen = scope.token.get(group, tokens.START).timeline if scope and not is_last else 0
    known = max(servers.history(group).timeline, seen)
    if position.timeline < known:
        raise Superseded(position.timeline, known)


def _write(execute: Execute, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    connection = context["connection"]
    server, has_locks = servers.of(connection.alias), _is_in_transaction(connection)
    try:
        with server.writing(has_locks=has_locks) if scopes.current() else nullcontext():
            return execute(sql, params, many, context)
    except (OperationalError, InterfaceError) as error:
        _look_into(connection, error)
        raise
    except InternalError as error:
        if _state(error) == READ_ONLY:
            # Its server is no primary any more; the next request finds the one that is.
            connection.close_at = time.monotonic()
        raise


def _is_in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Tell whether a transaction has begun; an atomic block begins it with its first statement."""
    raw = connection.connection
    return raw is not None and raw.info.transaction_status == TransactionStatus.INTRANS


def _look_into(connection: BaseDatabaseWrapper, error: Exception) -> None:
    """Have a primary watched that may be away; one that said nothing counts as away."""
    if isinstance(error.__cause__, patience.Silent):
        watchers.doubt(connection.alias, error)
    elif connection.connection is None or connection.connection.closed:
        watchers.doubt(connection.alias)


def _elsewhere(connection: BaseDatabaseWrapper, group: str, error: Exception) -> str | None:
    """Return where a read that failed may run again, None where it may not."""
    if connection.alias == group:
        return _beside_the_primary(connection, error)
    return group if _is_the_replicas_fault(connection, group, error) else None


def _beside_the_primary(connection: BaseDatabaseWrapper, error: Exception) -> str | None:
    if _state(error) == IN_RECOVERY or isinstance(error, Superseded):
        connection.close()
        return connection.alias
    if isinstance(error, ServerAway):
        return replicas.aged(connection.alias)
    if connection.connection is None or connection.connection.closed:
        connection.close()
        return replicas.aged(connection.alias)
    return None


def _is_the_replicas_fault(connection: BaseDatabaseWrapper, group: str, error: Exception) -> bool:
    """Tell whether a read that failed may run again on the primary; leave its server out."""
    state = _state(error)
    if state == CANCELLED and "recovery" not in str(error):
        return False
    log.warning("A read runs again on %s: %s", group, str(error).strip())
    if state not in (CONFLICT, CANCELLED) or connection.connection.closed:
        servers.of(connection.alias).leave_out(error)
        connection.close()
    return True


def _turn_to(primary: BaseDatabaseWrapper, context: dict[str, Any]) -> None:
    """Have the cursor that the caller holds read from the primary."""
    wrapper = context["cursor"]
    wrapper.cursor = primary.cursor().cursor
    wrapper.db = context["connection"] = primary


def _state(error: Exception) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


def _brings_home(
    connection: BaseDatabaseWrapper, group: str, sql: Any, many: bool, context: dict[str, Any]
) -> bool:
    if scopes.current() is None or many or connection.in_atomic_block:
        return False
    return bool(conf().groups.get(group)) and _is_read(sql, context["cursor"].cursor)


def _is_read(sql: Any, cursor: Any) -> bool:
    # A server-side cursor (it has a name) takes one statement only.
    return (
        isinstance(sql, str)
        and not getattr(cursor, "name", None)
        and sql.lstrip("( \n")[:6].upper() == "SELECT"
        and sql not in positions.QUESTIONS
    )
