from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PushConfig(AppConfig):
    name = "apps.push"

    def ready(self) -> None:
        """Find the topics of all apps, and have their events told."""
        from apps.events import announcements
        from apps.push import telling

        autodiscover_modules("topics")
        announcements.to(telling.tell)
