"""The Celery application: `celery -A project worker`, `celery -A project beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("rookery", task_cls="apps.replication.tasks:FreshTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from apps.ops import pulse  # noqa: E402  (the settings are there only now)

app.steps["consumer"].add(pulse.WorkerPulse)
