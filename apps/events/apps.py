from datetime import UTC, datetime

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class EventsConfig(AppConfig):
    name = "apps.events"

    def ready(self) -> None:
        autodiscover_modules("receivers")
        post_migrate.connect(_ensure_fragments, sender=self, dispatch_uid="events")


def _ensure_fragments(*, using: str, **_: object) -> None:
    from apps.events import fragments
    from apps.sharding.conf import conf

    if using in conf().shards:
        fragments.ensure(using, datetime.now(UTC))
