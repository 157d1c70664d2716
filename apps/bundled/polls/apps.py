from django.apps import AppConfig


class PollsConfig(AppConfig):
    name = "apps.bundled.polls"
    label = "polls"
