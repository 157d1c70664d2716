"""The Celery application: `celery -A project worker`, `celery -A project beat`."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("rookery", task_cls="project.tasks:SiteTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from apps.ops import listening, pulse  # noqa: E402  (the settings are there only now)

app.steps["consumer"].update((pulse.WorkerPulse, listening.Listening))


@signals.worker_init.connect
def _worker(**_: Any) -> None:
    """Keep the worker up with the plugins; the processes that it forks keep themselves up."""
    from apps.plugins import hearing

    hearing.begin("worker")


@signals.beat_init.connect
def _beat(sender: Any, **_: Any) -> None:
    """Keep beat up with the plugins, and give it their schedules."""
    from apps.plugins import hearing, hooks, manager

    hearing.begin("beat")
    for plugin, entries in manager.collect(hooks.beat_schedule):
        named = {f"{plugin}-{name}": entry for name, entry in entries.items()}
        sender.scheduler.update_from_dict(named)
