from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "apps.ops"

    def ready(self) -> None:
        """Have every process measure itself."""
        from apps.ops import measuring

        measuring.begin()
