from django.apps import AppConfig


class PluginConfig(AppConfig):
    name = "querier"
