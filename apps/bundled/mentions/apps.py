from django.apps import AppConfig


class MentionsConfig(AppConfig):
    name = "apps.bundled.mentions"
    label = "mentions"
