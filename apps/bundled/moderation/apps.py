from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "apps.bundled.moderation"
    label = "moderation"

    def ready(self) -> None:
        """Have whom an account does not see, and its notices, looked for together with it."""
        from apps.accounts import requests
        from apps.bundled.moderation import actions, relations

        requests.on_each_page(relations.expected)
        requests.on_each_page(actions.expected)
