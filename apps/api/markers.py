"""How far an account has read its timelines: kept for its apps, and it never goes back."""

from typing import Any

from django.db.models import F
from django.utils import timezone

from apps.api.models import Marker
from apps.indexing.hot import hot
from apps.notifications import services as notifications
from apps.sharding import shards

TIMELINES = ("home", "notifications")


@hot("api.markers", lambda shard: _anybody(shard), most=len(TIMELINES), why="one a timeline")
def of(account_id: int) -> dict[str, Marker]:
    """Return an account's markers by timeline."""
    return {row.timeline: row for row in Marker.objects.filter(account_id=account_id)}


def move(*, account_id: int, timeline: str, last_read_id: int) -> None:
    """Move a marker forward; what is up to it in notifications counts as looked at."""
    key: dict[str, Any] = {"account_id": account_id, "timeline": timeline}
    with shards.atomic_for(account_id):
        Marker.objects.bulk_create(
            [Marker(**key, last_read_id=0, version=0)], ignore_conflicts=True
        )
        Marker.objects.filter(**key, last_read_id__lt=last_read_id).update(
            last_read_id=last_read_id, version=F("version") + 1, updated_at=timezone.now()
        )
    if timeline == "notifications":
        notifications.see(account_id=account_id, up_to=last_read_id)


def _anybody(shard: str) -> tuple[int] | None:
    found = Marker.objects.using(shard).values_list("account_id", flat=True).first()
    return None if found is None else (found,)
