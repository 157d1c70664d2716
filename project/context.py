"""What every page knows of the site and of who looks at it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest

from apps.accounts.requests import viewer_of
from apps.notifications import badges


def site(request: HttpRequest) -> dict[str, str]:
    """Return the site's name and where the push process is."""
    return {"brand": settings.SITE_NAME, "push_url": settings.PUSH_URL}


def unread(request: HttpRequest) -> dict[str, Callable[[], badges.Badge]]:
    """Return the badge of who is signed in; nothing is asked until a template shows it."""
    return {"badge": lambda: badges.badge_of(viewer_of(request))}
