from django.apps import AppConfig
from django.db.backends.signals import connection_created


class ReplicationConfig(AppConfig):
    name = "apps.replication"

    def ready(self) -> None:
        from apps.plugins import threads
        from apps.replication import reads, scopes

        threads.on_fork(scopes.fork)
        connection_created.connect(reads.watch)
