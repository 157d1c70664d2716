from django.apps import AppConfig


class GridConfig(AppConfig):
    name = "apps.grid"

    def ready(self) -> None:
        """Wait for Celery's processes to begin; starts nothing itself."""
        from apps.grid import workers

        workers.watch()
