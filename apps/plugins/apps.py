from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.db.backends.signals import connection_created


class PluginsConfig(AppConfig):
    name = "apps.plugins"
    default = True

    def ready(self) -> None:
        """Find all hooks and plugins, and count the queries of plugins on every connection."""
        from apps.plugins import budgets, manager

        connection_created.connect(budgets.watch, dispatch_uid="plugins")
        manager.load()


class SiteConfig(admin.AdminConfig):
    """Django's admin, with pages of plugins that come and go."""

    default = False
    default_site = "apps.plugins.admin_site.Site"
