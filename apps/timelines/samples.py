"""Timelines to try hot queries with: those of the busiest, on one shard."""

from django.db.models import Count

from apps.timelines.models import Entry


def reader(shard: str) -> tuple[int, None] | None:
    """Return the account with most entries, for its first page."""
    rows = Entry.objects.using(shard).order_by().values("account_id").annotate(n=Count("*"))
    found = rows.order_by("-n").values_list("account_id", flat=True).first()
    return None if found is None else (found, None)
