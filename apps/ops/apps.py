from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "apps.ops"

    def ready(self) -> None:
        """Have every process measure itself, and one of them all servers."""
        from apps.grid import announcing
        from apps.ops import measuring, sampling

        measuring.begin()
        announcing.say_too(sampling.turn)
