from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CachingConfig(AppConfig):
    name = "apps.caching"

    def ready(self) -> None:
        from apps.caching import memory, recent, stats
        from apps.grid import announcing
        from apps.plugins import guard

        post_migrate.connect(_install, sender=self, dispatch_uid="caching")
        memory.begin()
        announcing.say_too(stats.say)
        guard.prepare_with(recent.look_ahead)


def _install(*, using: str, **_: object) -> None:
    from apps.caching import triggers
    from apps.sharding.conf import conf

    if using in conf().primaries:
        triggers.install(using)
