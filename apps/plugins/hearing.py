"""A thread in each unit that keeps up with the switches.

It listens for hints and reads the table again at each, whenever the connection was lost, and every
few seconds in any case: a hint may be lost, the table is not. A request asks nobody.
"""

import logging
import os
import threading
import time
from typing import Any

from django.conf import settings
from django.db import connections
from redis import Redis
from redis.exceptions import RedisError

from apps.plugins import faults, switches, threads

log = logging.getLogger(__name__)

TICK_SECONDS = 0.4
# A listening connection that does not answer a ping is dead, also where nobody says so.
DEAF_SECONDS = 1.5
EVERY_SECONDS = 5.0
# A unit begins to serve when it has read the table, or after so long.
FIRST_SECONDS = 5.0

_kind = ""
_read = threading.Event()


def begin(kind: str) -> None:
    """Keep this unit, a `kind` of process (web, push, worker, beat), up with the switches."""
    global _kind
    if not _kind and settings.PLUGINS_HINTS:
        _kind = kind
        _start()
        _read.wait(FIRST_SECONDS)


def _start() -> None:
    faults.write_from_a_thread(_kind)
    threading.Thread(target=_hear_for_ever, name="plugins-hearing", daemon=True).start()


def _hear_for_ever() -> None:
    _refresh()
    _read.set()
    while True:
        try:
            with (
                Redis.from_url(
                    settings.PLUGINS_HINTS, socket_connect_timeout=TICK_SECONDS, socket_timeout=None
                ) as redis,
                redis.pubsub() as pubsub,
            ):
                pubsub.subscribe(switches.CHANNEL)
                _hear(pubsub)
        except (RedisError, OSError) as error:
            log.debug("No hints of switches: %s", error)
        except Exception:
            log.exception("Hearing of switches begins anew.")
        _refresh()
        time.sleep(TICK_SECONDS)


def _hear(pubsub: Any) -> None:
    """Hear until the connection is lost; raises RedisError then."""
    _refresh()
    heard = read = time.monotonic()
    while True:
        message = pubsub.get_message(timeout=TICK_SECONDS)
        now = time.monotonic()
        if message is not None:
            heard = now
        elif now - heard > DEAF_SECONDS:
            raise RedisError("the listening connection does not answer")
        else:
            pubsub.ping()
        if (message or {}).get("type") == "message" or now - read > EVERY_SECONDS:
            _refresh()
            read = now
        threads.interrupt()


def _refresh() -> None:
    """Read the table; the connection is not kept, since it is so seldom needed."""
    try:
        switches.refresh()
    finally:
        connections.close_all()


def _begin_again() -> None:
    """A forked child has none of its parent's threads."""
    if _kind:
        _start()


os.register_at_fork(after_in_child=_begin_again)
