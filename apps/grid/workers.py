"""Lists Celery's processes, and counts their tasks in flight."""

from typing import Any

from celery import signals

from apps.grid import announcing


def watch() -> None:
    """Have workers, their children and beat announce themselves once they run."""
    for signal in (signals.worker_ready, signals.worker_process_init):
        signal.connect(_worker, weak=False, dispatch_uid="grid")
    signals.beat_init.connect(_beat, weak=False, dispatch_uid="grid")
    for signal in (signals.worker_shutdown, signals.worker_process_shutdown):
        signal.connect(_leave, weak=False, dispatch_uid="grid")
    signals.task_prerun.connect(_begun, weak=False, dispatch_uid="grid")
    signals.task_postrun.connect(_ended, weak=False, dispatch_uid="grid")


def _worker(**_: Any) -> None:
    announcing.announce("worker")


def _beat(**_: Any) -> None:
    announcing.announce("beat")


def _leave(**_: Any) -> None:
    announcing.leave()


def _begun(**_: Any) -> None:
    announcing.count(1)


def _ended(**_: Any) -> None:
    announcing.count(-1)
