"""Posts with pictures to try hot queries with, on one shard."""

from apps.pictures.models import Picture


def post_ids(shard: str) -> tuple[list[int]] | None:
    """Return the newest posts with pictures."""
    posted = Picture.objects.using(shard).filter(post_id__isnull=False)
    found = list(posted.order_by("-id").values_list("post_id", flat=True)[:20])
    return ([pk for pk in found if pk],) if found else None
