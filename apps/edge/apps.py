"""The edge as a Django app."""

from django.apps import AppConfig


class EdgeConfig(AppConfig):
    """Whole pages, answered before Django."""

    name = "apps.edge"
