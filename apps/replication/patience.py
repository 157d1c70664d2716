"""Bounded waits: a server that hangs keeps its connections open and says nothing, for ever.

Its kernel goes on acknowledging what is sent, so neither a statement time-out nor one of TCP ends
the wait; the client has to.
"""

import time
import weakref
from collections.abc import Generator
from typing import Any

import psycopg

from apps.replication import servers


class Silent(psycopg.OperationalError):
    """A server has not answered in time. Its connection is of no use any more."""


def bound(connection: Any, alias: str) -> None:
    """Have no statement on a replica's connection wait for longer than its server deserves."""
    # A connection that held itself would not be closed when nobody else holds it.
    held = weakref.ref(connection)

    def wait(gen: Any, *args: Any, **options: Any) -> Any:
        return psycopg.Connection.wait(held(), _bounded(gen, alias), *args, **options)  # type: ignore[arg-type]

    connection.wait = wait


def _bounded(gen: Any, alias: str) -> Generator[Any, Any, Any]:
    """Pass a generator of psycopg on, which is woken ten times a second whatever comes."""
    since = time.monotonic()
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and servers.of(alias).is_overdue(since):
                raise Silent(f"{alias} does not answer")
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value
