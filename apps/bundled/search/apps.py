from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "apps.bundled.search"
    label = "search"
