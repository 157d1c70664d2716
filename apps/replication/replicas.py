"""Choosing the server for a read: a replica that is as far as the reader, else the primary."""

import random
from typing import Any

from django.db import DatabaseError, InterfaceError, connections

from apps.replication import patience, positions, scopes, servers
from apps.replication.conf import conf
from apps.replication.tokens import START, Position


def choose(group: str) -> str:
    """Return the alias that may answer this reader's next read of `group`.

    That is the replica with the fewest reads in flight of those that are far enough.
    """
    scope = scopes.current()
    replicas = conf().groups.get(group, ())
    if scope is None or scope.primary_only or group in scope.written or not replicas:
        return group
    if connections[group].in_atomic_block:
        return group
    needed = scope.token.get(group, START)
    shuffled = random.sample(replicas, len(replicas))
    for alias in sorted(shuffled, key=lambda name: servers.of(name).in_flight):
        if servers.of(alias).may_be_asked() and _has_replayed(alias, needed):
            return alias
    return group


def _has_replayed(alias: str, needed: Position) -> bool:
    server, connection = servers.of(alias), connections[alias]
    try:
        with server.asking():
            _connect(alias)
            # One that was left out is let in by what it says now.
            if server.breaker.in_a_row or not positions.seen_by(connection).covers(needed):
                positions.ask(alias)
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        server.leave_out(error)
        return False
    return _keeps_up(server) and positions.seen_by(connection).covers(needed)


def _connect(alias: str) -> None:
    """Have a connection that works; once a request, how far its server is says that it does."""
    connection: Any = connections[alias]
    if connection.connection and connection.health_check_enabled:
        if connection.health_check_done:
            return
        connection.health_check_done = True
        try:
            positions.ask(alias, whole=True)
        except (DatabaseError, InterfaceError) as error:
            if isinstance(error.__cause__, patience.Silent):
                raise  # A new connection would meet the same silence.
            connection.close()
    connection.ensure_connection()


def _keeps_up(server: servers.Server) -> bool:
    behind = servers.seconds_behind(server.alias)
    if behind > conf().max_lag_seconds:
        server.leave_out(f"{server.alias} is {behind:.0f} s behind")
        return False
    server.breaker.succeed()
    return True
