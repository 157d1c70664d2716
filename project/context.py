"""What every page knows of the site."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """Return the site's name and where the push process is."""
    return {"brand": settings.SITE_NAME, "push_url": settings.PUSH_URL}
