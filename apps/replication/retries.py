"""A request that met a primary's last moment runs again, if nothing of it can have been committed.

Once a COMMIT is on its way nobody knows what became of it: then the answer is the error's.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections

from apps.replication import scopes
from apps.replication.conf import conf

log = logging.getLogger(__name__)

T = TypeVar("T")
READ_ONLY = "25006"
# 08: the connection; 57P01, 57P02, 57P03: the server ends, or only begins.
GONE = ("08", "57P01", "57P02", "57P03", READ_ONLY)
PAUSE = 0.1

# Half of a web worker's threads: the others go on serving the other shards.
_waiting = threading.BoundedSemaphore(4)


def is_lost(error: Exception) -> bool:
    """Tell whether a statement failed because its server went away, or is no primary any more."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    if state is None:
        return isinstance(error, OperationalError | InterfaceError)
    return str(state).startswith(GONE)


def may_repeat(error: Exception) -> bool:
    """Tell whether to do all of this scope's work again: it met a lost server, and left nothing."""
    scope = scopes.current()
    return scope is not None and not scope.committed and is_lost(error)


def again(work: Callable[[], T], error: Exception, *, is_keyed: bool = False) -> T:
    """Return what `work` returns once its server is back or has been replaced.

    `is_keyed` is work that is done once however often it is tried. Raises the last error where no
    new primary is expected, that takes too long, or too many wait already.
    """
    may = is_lost if is_keyed else may_repeat
    if not conf().failover_seconds or not may(error) or not _waiting.acquire(blocking=False):
        raise error
    log.warning("Once more, for that is harmless: %s", str(error).partition("\n")[0])
    try:
        return _until_found(work, error, may)
    finally:
        _waiting.release()


def _until_found(work: Callable[[], T], error: Exception, may: Callable[[Exception], bool]) -> T:
    end_at = time.monotonic() + conf().failover_seconds
    while True:
        close_old_connections()
        try:
            return work()
        except (DatabaseError, InterfaceError) as later:
            error = later
        if not may(error) or time.monotonic() + PAUSE > end_at:
            raise error
        time.sleep(PAUSE)
