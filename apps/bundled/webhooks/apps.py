from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "apps.bundled.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        """Listen to all topics: by now those of the site are declared."""
        from apps.bundled.webhooks import receivers

        receivers.listen()
