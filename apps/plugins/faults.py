"""What becomes of a fault: counted, written down with its traceback, the third in a row the last.

A unit that hears of switches writes from a thread of its own: a request does not wait for that, and
what the request's transaction takes back, it does not take back.
"""

import logging
import os
import socket
import threading
import time
import traceback
from queue import Full, Queue
from typing import NamedTuple

from django.db import DatabaseError, connections, transaction
from redis.exceptions import RedisError

from apps.plugins import strikes, switches
from apps.plugins.errors import Stuck, TooSlow
from apps.plugins.models import Fault

log = logging.getLogger(__name__)

KEPT = 20
WAITING = 1000
AGAIN_SECONDS = 1.0

# Of several that fail at one moment, none counts once the plugin is off.
_counting = threading.RLock()
_kind = "command"
_queue: "Queue[Report] | None" = None


class Report(NamedTuple):
    """A fault on its way to the directory; with a version it is the last one of its plugin."""

    fault: Fault
    version: int | None


def note(plugin: str, hook: str, error: BaseException) -> None:
    """Count a fault of a plugin that is on, and have it written down."""
    took = error.seconds if isinstance(error, TooSlow | Stuck) else 0.0
    with _counting:
        if not switches.is_on(plugin):
            return
        count = strikes.strike(plugin, hook, took)
        version = switches.quarantine_here(plugin) if count >= strikes.MOST else None
    log.warning("The plugin %s failed in %s (%d in a row): %r", plugin, hook, count, error)
    if version is not None:
        log.error("The plugin %s is switched off everywhere: it failed in %s.", plugin, hook)
    _hand_in(Report(_fault(plugin, hook, error), version))


def write_from_a_thread(kind: str) -> None:
    """Have this unit, a `kind` of process, write its faults from a thread of their own."""
    global _kind, _queue
    _kind, _queue = kind, Queue(WAITING)
    threading.Thread(target=_work, args=(_queue,), name="plugins-faults", daemon=True).start()


def _hand_in(report: Report) -> None:
    if _queue is None:
        _write(report)
        return
    try:
        _queue.put_nowait(report)
    except Full:
        log.error("Too many faults at once: one of %s is not written down.", report.fault.plugin)


def _work(queue: "Queue[Report]") -> None:
    while True:
        report = queue.get()
        while not _try(report):
            time.sleep(AGAIN_SECONDS)


def _try(report: Report) -> bool:
    """Write a report; tells whether to go on to the next one."""
    try:
        _write(report)
    except (DatabaseError, RedisError, OSError) as error:
        log.warning("A fault of %s cannot be written down yet: %s", report.fault.plugin, error)
        return report.version is None
    finally:
        connections.close_all()
    return True


def _write(report: Report) -> None:
    fault = report.fault
    with transaction.atomic(using=switches.DIRECTORY):
        rows = Fault.objects.using(switches.DIRECTORY).filter(plugin=fault.plugin)
        Fault.objects.using(switches.DIRECTORY).bulk_create([fault])
        kept = rows.order_by("-id").values_list("id", flat=True)[:KEPT]
        rows.exclude(id__in=list(kept)).delete()
    if report.version is not None:
        switches.quarantine(fault.plugin, report.version, f"{fault.hook}: {fault.error}")


def _fault(plugin: str, hook: str, error: BaseException) -> Fault:
    return Fault(
        plugin=plugin,
        hook=hook[:200],
        unit=f"{_kind} {socket.gethostname()}:{os.getpid()}"[:100],
        error=f"{type(error).__name__}: {error}"[:500],
        traceback="".join(traceback.format_exception(error))[-10_000:],
    )
