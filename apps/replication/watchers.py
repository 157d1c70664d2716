"""Whether a primary is away, and since when it is back: one thread for each that is in doubt.

A request that meets a primary which refuses, or says nothing, has this process ask it no more.
From then on the watch alone asks, on a connection of its own, until there is an answer: no request
waits to find out. Each process finds out for itself, and tells those in it who want to know.
"""

import functools
import logging
import threading
import time
from collections.abc import Callable

import psycopg
from django.db import OperationalError, connections

from apps.replication import servers
from apps.replication.conf import conf

log = logging.getLogger(__name__)

# Between two questions to a primary that is away, and to one that is always watched.
PAUSE_SECONDS = 0.5
QUESTION = "SELECT pg_is_in_recovery()"

_lock = threading.Lock()
_watched: dict[str, threading.Thread] = {}
_listeners: list[Callable[[str, bool], None]] = []


def on_change(listener: Callable[[str, bool], None]) -> None:
    """Have a function called, in a thread of the watch, with a primary and whether it is up."""
    _listeners.append(listener)


def doubt(alias: str, error: Exception | None = None) -> None:
    """Find out whether a primary answers; with an error it counts as away until it does."""
    server = servers.of(alias)
    if not server.is_primary:
        return
    if error is not None and not server.is_away:
        log.error("%s is away: %s", alias, str(error).strip())
        server.leave_out(error)
        _tell(alias, up=False)
    _begin(alias, server, for_ever=False)


def keep(alias: str) -> None:
    """Watch a primary for as long as the process lives, whoever asks it."""
    _begin(alias, servers.of(alias), for_ever=True)


def end() -> None:
    """End every watch, and forget what is known: for who takes the servers away."""
    servers.forget()
    for thread in list(_watched.values()):
        thread.join(5)


def _begin(alias: str, server: servers.Server, *, for_ever: bool) -> None:
    with _lock:
        running = _watched.get(alias)
        if running is not None and running.is_alive():
            return
        thread = threading.Thread(
            target=_watch, args=(alias, server, for_ever), name=f"watch-{alias}", daemon=True
        )
        _watched[alias] = thread
        thread.start()


def _watch(alias: str, server: servers.Server, for_ever: bool) -> None:
    """Ask until there is an answer, or for ever; ends when the server is forgotten."""
    while servers.of(alias) is server:
        try:
            _ask(alias)
        except (psycopg.Error, OSError) as error:
            doubt(alias, OperationalError(str(error)))
        else:
            if server.is_away:
                log.warning("%s is back.", alias)
                server.breaker.succeed()
                _tell(alias, up=True)
            if not for_ever:
                return
        time.sleep(PAUSE_SECONDS)


def _ask(alias: str) -> None:
    """Ask a primary for a sign of life; raises psycopg.Error where none comes."""
    wanted = connections[alias].get_connection_params()
    with psycopg.connect(**{**wanted, "connect_timeout": 2, "autocommit": True}) as raw:
        raw.wait = functools.partial(raw.wait, timeout=conf().answer_seconds)  # type: ignore[method-assign]
        row = raw.execute(QUESTION).fetchone()
    if row != (False,):
        raise psycopg.OperationalError("it is a replica now")


def _tell(alias: str, *, up: bool) -> None:
    for listener in _listeners:
        listener(alias, up)
