"""What every Celery task of the site is."""

from apps.plugins.gated import GatedTask
from apps.replication.tasks import FreshTask
from apps.tracing.tasks import TracedTask


class SiteTask(TracedTask, GatedTask, FreshTask):
    """A task in the scope of its sender's request and token; a plugin's while its plugin is on."""

    abstract = True
