from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "apps.bundled.moderation"
    label = "moderation"
