"""Bounded waits: a server that hangs keeps its connections open and says nothing, for ever.

Its kernel goes on acknowledging what is sent, so neither a statement time-out nor one of TCP ends
the wait; the client has to.
"""

import time
import weakref
from collections.abc import Generator
from typing import Any

import psycopg

from apps.replication import scopes, servers, watchers
from apps.replication.conf import conf


class Silent(psycopg.OperationalError):
    """A server has not answered in time. Its connection is of no use any more."""


def bound(connection: Any, alias: str) -> None:
    """Have no statement on a server's connection wait for longer than the server deserves.

    On a primary that holds in a scope; migrations, and loads by command, take what they take.
    """
    # A connection that held itself would not be closed when nobody else holds it.
    held = weakref.ref(connection)

    def wait(gen: Any, *args: Any, **options: Any) -> Any:
        raw = held()
        try:
            return psycopg.Connection.wait(raw, _bounded(gen, alias), *args, **options)  # type: ignore[arg-type]
        except Silent:
            if servers.of(alias).is_primary:
                # Whoever rolls back on it would wait for the same silence.
                raw.close()  # type: ignore[union-attr]
            raise

    connection.wait = wait


def _bounded(gen: Any, alias: str) -> Generator[Any, Any, Any]:
    """Pass a generator of psycopg on, which is woken ten times a second whatever comes."""
    server, since = servers.of(alias), time.monotonic()
    doubt = since + conf().answer_seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and _is_bounded(server):
                if server.is_overdue(since):
                    raise Silent(f"{alias} does not answer")
                if time.monotonic() > doubt:
                    watchers.doubt(alias)
                    doubt += conf().answer_seconds
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value


def _is_bounded(server: servers.Server) -> bool:
    return not server.is_primary or server.is_asked_here or scopes.current() is not None
