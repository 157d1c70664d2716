from django.apps import AppConfig
from django.db.backends.signals import connection_created


class ReplicationConfig(AppConfig):
    name = "apps.replication"

    def ready(self) -> None:
        from apps.replication import reads

        connection_created.connect(reads.watch)
