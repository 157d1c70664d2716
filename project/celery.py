"""The Celery application: `celery -A project worker`, `celery -A project beat`."""

import os
from typing import Any

from celery import Celery, signals
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("rookery", task_cls="project.tasks:SiteTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from apps.ops import listening, pulse  # noqa: E402  (the settings are there only now)

app.steps["consumer"].update((pulse.WorkerPulse, listening.Listening))


@signals.worker_init.connect
def _worker(**_: Any) -> None:
    """Keep the worker up with the plugins; the processes that it forks keep themselves up."""
    from apps.caching import code
    from apps.plugins import hearing
    from project.serving import settling

    hearing.begin("worker")
    # It reads all files of the program: once, for all that are forked.
    code.fingerprint()
    settling.freeze()


@signals.task_prerun.connect
@signals.task_postrun.connect
def _between_tasks(task: Any, **_: Any) -> None:
    """Give up connections that are broken or too old, as between requests; keep the others.

    Celery by itself opens all of them anew for each task, which costs more than most tasks do.
    """
    if not task.request.is_eager:
        close_old_connections()


@signals.beat_init.connect
def _beat(sender: Any, **_: Any) -> None:
    """Keep beat up with the plugins, and give it their schedules."""
    from apps.plugins import hearing, hooks, manager

    hearing.begin("beat")
    for plugin, entries in manager.collect(hooks.beat_schedule):
        named = {f"{plugin}-{name}": entry for name, entry in entries.items()}
        sender.scheduler.update_from_dict(named)
