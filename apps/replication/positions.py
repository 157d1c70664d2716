"""How far a server is: asked for, and remembered with its connection."""

import logging
import time
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.kernel import dependencies, upkeep
from apps.replication import patience, scopes, servers, tokens
from apps.replication.conf import conf
from apps.replication.errors import Promoted
from apps.replication.tokens import START, Position, Token

log = logging.getLogger(__name__)

# The position to remember after a write is pg_current_wal_lsn() asked after COMMIT: the insert
# position can point past a page header that an idle primary does not write for many seconds.
ON_PRIMARY = "SELECT pg_current_wal_lsn() - '0/0'"
# A replica that was promoted under its open connections says so by saying nothing.
ON_REPLICA = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() - '0/0' END"
# With the timeline, which costs as much again. A connection to a primary never sees another one; a
# replica's is asked for once a request. It is the one that the replica follows, maybe younger than
# what it has replayed, which is why no timeline counts without its position.
ON_PRIMARY_WHOLE = f"""{ON_PRIMARY},
    ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int"""
ON_REPLICA_WHOLE = f"""{ON_REPLICA}, greatest(
    (SELECT timeline_id FROM pg_control_checkpoint()),
    (SELECT received_tli FROM pg_stat_wal_receiver))"""
QUESTIONS = frozenset({ON_PRIMARY, ON_REPLICA, ON_PRIMARY_WHOLE, ON_REPLICA_WHOLE})


def ask(alias: str, *, whole: bool = False) -> Position:
    """Return how far the server behind `alias` is now, and remember it.

    Its timeline is asked for anew where `whole` says so, else that of the connection is taken.
    """
    connection: Any = connections[alias]
    if not is_to_be_checked(connection):
        return _asked(connection, whole)
    # Its answer says that the connection works, which is otherwise a question of its own.
    connection.health_check_done = True
    try:
        with servers.of(alias).asking():
            return _asked(connection, whole)
    except (DatabaseError, InterfaceError) as error:
        # A new connection would meet the same silence, or wait for its turn as this one did.
        if isinstance(error, servers.ServerAway) or isinstance(error.__cause__, patience.Silent):
            raise
        connection.close()
    return _asked(connection, whole)


def is_to_be_checked(connection: Any) -> bool:
    """Tell whether a connection is an old one that has not been used by this request."""
    enabled = connection.health_check_enabled and not connection.in_atomic_block
    return bool(connection.connection and enabled and not connection.health_check_done)


def _asked(connection: Any, whole: bool) -> Position:
    connection.ensure_connection()
    # How far a server is, is in no answer.
    with upkeep.own(), dependencies.paused(), connection.cursor() as cursor:
        cursor.execute(question(connection.alias, connection.connection, whole=whole))
        found = answer(connection.connection, cursor.fetchone())
    note(connection, found)
    return found


def question(alias: str, raw: Any, *, whole: bool = False) -> str:
    """Return the SQL that asks the server behind `alias`, over psycopg's `raw`, how far it is."""
    is_primary = conf().primary_of(alias) == alias
    if whole or not hasattr(raw, "rookery_position"):
        return ON_PRIMARY_WHOLE if is_primary else ON_REPLICA_WHOLE
    return ON_PRIMARY if is_primary else ON_REPLICA


def answer(raw: Any, row: tuple[object, ...]) -> Position:
    """Return the position in a row that answers the question, asked on psycopg's connection.

    Raises Promoted where the question was put to a replica that is none any more.
    """
    if row[0] is None:
        raise Promoted
    lsn, *timeline = (int(str(value or 0)) for value in row)
    return Position(timeline[0] if timeline else raw.rookery_position.timeline, lsn)


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
                tokens.advance(scope.token, group, ask(group), is_primary=True)
            except (OperationalError, InterfaceError) as error:
                # A write that failed with it has no position; one that it committed has.
                log.warning("%s does not say how far it is: %s", group, error)
                if group in scope.committed:
                    scopes.note_doubt(group)
        scope.written.discard(group)


def everywhere() -> Token:
    """Return a token for all that is committed now, on every primary that can be reached."""
    scope = scopes.current()
    token = dict(scope.token) if scope else {}
    for group, replicas in conf().groups.items():
        if replicas:
            try:
                tokens.advance(token, group, ask(group), is_primary=True)
            except (DatabaseError, InterfaceError) as error:
                log.warning("%s does not say how far it is: %s", group, error)
    return token


def seen_by(connection: BaseDatabaseWrapper) -> Position:
    """Return the furthest position known of this very connection; the start for a new one.

    Freshness belongs to a connection, since one address can hide several servers.
    """
    return getattr(connection.connection, "rookery_position", START)


def note(connection: BaseDatabaseWrapper, found: Position) -> None:
    """Remember with the connection, and for the process, how far its server is."""
    connection.connection.rookery_position = seen_by(connection).joined(found)
    group = conf().primary_of(connection.alias)
    is_primary = group == connection.alias
    servers.history(group).saw(found, time.monotonic(), is_primary=is_primary)
    if not is_primary:
        servers.of(connection.alias).note(found)
