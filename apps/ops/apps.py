from django.apps import AppConfig
from django.db.backends.signals import connection_created


class OpsConfig(AppConfig):
    name = "apps.ops"

    def ready(self) -> None:
        """Have every process measure itself, and one of them all servers."""
        from apps.grid import announcing
        from apps.ops import measuring, sampling

        measuring.begin()
        connection_created.connect(measuring.watch, dispatch_uid="ops")
        announcing.say_too(sampling.turn)
