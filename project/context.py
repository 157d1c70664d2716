"""What every page knows of the site."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from apps.sharding import ids

# What a page shows may be older than its answer by what a replica is behind.
OVERLAP = timedelta(minutes=1)


def site(request: HttpRequest) -> dict[str, str]:
    """Return the site's name, where the push process is, and since when a page must be told."""
    return {
        "brand": settings.SITE_NAME,
        "push_url": settings.PUSH_URL,
        "push_after": str(ids.first_at(timezone.now() - OVERLAP)),
    }
