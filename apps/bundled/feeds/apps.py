from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "apps.bundled.feeds"
    label = "feeds"
