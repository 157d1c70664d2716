from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ShardingConfig(AppConfig):
    name = "apps.sharding"

    def ready(self) -> None:
        from apps.replication import scopes
        from apps.sharding import directory

        scopes.on_open(directory.follow)
        post_migrate.connect(_settle, sender=self, dispatch_uid="sharding")


def _settle(*, using: str, **_: object) -> None:
    from apps.sharding import settling

    settling.settle(using)
