"""Choosing the server for a read: a replica that is as far as the reader, else the primary.

With the primary away it is a replica whatever it has, and the reader is told how old that is:
availability. Who must know for certain reads in `scopes.primary()` or `scopes.exact()` and is
refused: consistency.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from django.db import DatabaseError, InterfaceError, connections

from apps.replication import positions, scopes, servers
from apps.replication.conf import conf
from apps.replication.tokens import START, Position


def choose(group: str) -> str:
    """Return the alias that may answer this reader's next read of `group`.

    That is the replica with the fewest reads in flight of those that are far enough. Where none
    is, and the primary does not answer, it is the one that has most.
    """
    scope = scopes.current()
    replicas = conf().groups.get(group, ())
    if scope is None or scope.primary_only or group in scope.written or not replicas:
        return group
    if connections[group].in_atomic_block:
        return group
    is_away = servers.of(group).is_away
    needed = scope.token.get(group, START)
    if is_away and scope.is_exact:
        needed = needed.joined(servers.history(group).latest)
    for alias in in_order(replicas, lambda name: servers.of(name).in_flight):
        if servers.of(alias).may_be_asked() and _has_replayed(alias, needed):
            return _noted(scope, group, alias) if is_away else alias
    return group if _primary_answers(group) else aged(group) or group


def in_order(
    replicas: Sequence[str], in_flight: Callable[[str], int], rng: random.Random | None = None
) -> list[str]:
    """Return replicas in the order in which to try them: fewest reads in flight, then by lot."""
    sample = (rng or random).sample
    return sorted(sample(replicas, len(replicas)), key=in_flight)


def may_answer(group: str) -> bool:
    """Tell whether some server of a group is not known to be away."""
    return any(not servers.of(alias).is_away for alias in (group, *conf().groups.get(group, ())))


def aged(group: str) -> str | None:
    """Return the replica that has most of a group whose primary does not answer; None without one.

    The scope notes that what this reader sees may be old.
    """
    scope = scopes.current()
    if scope is None or scope.primary_only or scope.is_exact or group in scope.written:
        return None
    replicas = conf().groups.get(group, ())
    for alias in sorted(replicas, key=lambda name: servers.of(name).position, reverse=True):
        if servers.of(alias).may_be_asked() and _has_replayed(alias, START):
            scope.behind.add(group)
            return _noted(scope, group, alias)
    return None


def _noted(scope: scopes.Scope, group: str, alias: str) -> str:
    scope.note_aged(group, servers.seconds_old(alias))
    return alias


def _primary_answers(group: str) -> bool:
    connection: Any = connections[group]
    try:
        if connection.connection and connection.connection.closed:
            connection.close()
        connection.close_if_health_check_failed()
        connection.ensure_connection()
    except (DatabaseError, InterfaceError):
        return False
    return True


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
    if positions.is_to_be_checked(connection):
        positions.ask(alias, whole=True)
    connection.ensure_connection()


def _keeps_up(server: servers.Server) -> bool:
    behind = servers.seconds_behind(server.alias)
    if behind > conf().max_lag_seconds:
        server.leave_out(f"{server.alias} is {behind:.0f} s behind")
        return False
    server.breaker.succeed()
    return True
