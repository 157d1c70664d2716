"""Choosing the server for a read: a replica that is as far as the reader, else the primary."""

import random

from django.db import DatabaseError, connections

from apps.replication import positions, scopes
from apps.replication.conf import conf


def choose(group: str) -> str:
    """Return the alias that may answer this reader's next read of `group`."""
    scope = scopes.current()
    replicas = conf().groups.get(group, ())
    if scope is None or scope.primary_only or group in scope.written or not replicas:
        return group
    if connections[group].in_atomic_block:
        return group
    needed = scope.token.get(group, 0)
    for alias in random.sample(replicas, len(replicas)):
        if _has_replayed(alias, needed):
            return alias
    return group


def _has_replayed(alias: str, needed: int) -> bool:
    connection = connections[alias]
    try:
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        if positions.seen_by(connection) < needed:
            positions.note(connection, positions.ask(alias))
    except DatabaseError:
        return False
    return positions.seen_by(connection) >= needed
