"""How far a server is: asked for, and remembered with its connection."""

import logging
import time

from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.replication import scopes, servers, tokens
from apps.replication.conf import conf
from apps.replication.tokens import START, Mark, Token

log = logging.getLogger(__name__)

# The position to remember after a write is pg_current_wal_lsn() asked after COMMIT: the insert
# position can point past a page header that an idle primary does not write for many seconds.
ON_PRIMARY = """
SELECT pg_current_wal_lsn() - '0/0',
    ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
"""
# Its timeline is the one that it follows. It may be younger than what it has replayed, which is
# why no timeline counts without its position.
ON_REPLICA = """
SELECT pg_last_wal_replay_lsn() - '0/0', greatest(
    (SELECT timeline_id FROM pg_control_checkpoint()),
    (SELECT received_tli FROM pg_stat_wal_receiver))
"""


def ask(alias: str) -> int:
    """Return the position of the server behind `alias` now, in bytes of WAL."""
    return mark(alias).position


def mark(alias: str) -> Mark:
    """Return how far the server behind `alias` is now, and remember it."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(question(alias))
        found = answer(cursor.fetchone())
    note(connection, found)
    return found


def question(alias: str) -> str:
    """Return the SQL that asks the server behind `alias` how far it is."""
    return ON_PRIMARY if conf().primary_of(alias) == alias else ON_REPLICA


def answer(row: tuple[object, ...]) -> Mark:
    """Return the mark in a row that answers the question."""
    position, timeline = (int(str(value or 0)) for value in row)
    return Mark(timeline, position)


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
                tokens.advance(scope.token, group, mark(group), is_primary=True)
            except (OperationalError, InterfaceError) as error:
                # Its write has failed with it: there is no position to remember.
                log.warning("%s does not say how far it is: %s", group, error)
        scope.written.discard(group)


def everywhere() -> Token:
    """Return a token for all that is committed now, on every primary that can be reached."""
    scope = scopes.current()
    token = dict(scope.token) if scope else {}
    for group, replicas in conf().groups.items():
        if replicas:
            try:
                tokens.advance(token, group, mark(group), is_primary=True)
            except (DatabaseError, InterfaceError) as error:
                log.warning("%s does not say how far it is: %s", group, error)
    return token


def seen_by(connection: BaseDatabaseWrapper) -> Mark:
    """Return the furthest mark known of this very connection; the start for a new one.

    Freshness belongs to a connection, since one address can hide several servers.
    """
    return getattr(connection.connection, "rookery_mark", START)


def note(connection: BaseDatabaseWrapper, found: Mark) -> None:
    """Remember with the connection, and for the process, how far its server is."""
    connection.connection.rookery_mark = seen_by(connection).joined(found)
    group = conf().primary_of(connection.alias)
    if group == connection.alias:
        servers.history(group).saw(found, time.monotonic(), is_primary=True)
    else:
        servers.of(connection.alias).note(found)
