"""What every Celery task of the site is."""

from apps.plugins.gated import GatedTask
from apps.replication.tasks import FreshTask


class SiteTask(GatedTask, FreshTask):
    """A task in the scope of its sender's token; a plugin's only while its plugin is on."""

    abstract = True
