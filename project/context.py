"""What every page knows of the site and of who looks at it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.accounts import sight
from apps.accounts.requests import viewer_of
from apps.notifications import badges
from apps.plugins import calls, hooks
from apps.replication import scopes
from apps.sharding import harvest, ids
from project import frames

# What a page shows may be older than its answer by what a replica is behind.
OVERLAP = timedelta(minutes=1)


def site(request: HttpRequest) -> dict[str, str]:
    """Return the site's name, where the push process is, and since when a page must be told."""
    return {
        "brand": settings.SITE_NAME,
        "push_url": settings.PUSH_URL,
        "push_after": str(ids.first_at(timezone.now() - OVERLAP)),
    }


def reader(request: HttpRequest) -> dict[str, object]:
    """Return what scripts say, and whose page it is, looked at where a page is shown."""
    # What is refused before anybody looked who it is has no user.
    user = getattr(request, "user", None)
    return {"words": lambda: _words(get_language()), "reader": lambda: user or AnonymousUser()}


@lru_cache
def _words(language: str | None) -> str:
    return json.dumps(spoken())


def spoken() -> dict[str, str]:
    """Return what scripts say, by the name that they know it by."""
    return {
        "left": _("%s left"),
        "failed": _("That did not work. Try again in a moment."),
        "offline": _("The site cannot be reached. Are you offline?"),
        "one_new": _("1 new post"),
        "many_new": _("%s new posts"),
        "back": _("The server is back: load the page again"),
        "news": _("There are new posts"),
        "unread": _("%s unread notifications"),
        "one_unread": _("1 unread notification"),
        "everywhere": _("Everywhere"),
        "arrived": _("everywhere %s UTC"),
        "now": _("now"),
        "keys": _("Keyboard shortcuts"),
    }


def seen(request: HttpRequest) -> dict[str, Callable[[], bool]]:
    """Return whether posts were left out because nobody knows who sees them."""
    return {"sight_is_partial": sight.is_partial}


def faults(request: HttpRequest) -> dict[str, Callable[[], object]]:
    """Return whether shards that are away are missing on the page, and how old it may be."""
    return {"is_partial": lambda: bool(harvest.missing()), "as_of": _as_of}


def _as_of() -> datetime | None:
    """Return how old what replicas showed in place of primaries may be, None where none did."""
    scope = scopes.current()
    if scope is None or not scope.aged:
        return None
    return timezone.now() - timedelta(seconds=max(scope.aged.values()))


def frame(request: HttpRequest) -> dict[str, Callable[[], object]]:
    """Return what is around every page; nothing is asked until a template shows it."""

    def nav() -> SafeString:
        lines = calls.gather(hooks.navigation, request=request)
        entries = [entry for found in lines for entry in found]
        return frames.navigation(request, badges.badge_of(viewer_of(request)), entries)

    return {
        "assets": frames.assets,
        "nav": nav,
        "keys_help": lambda: frames.shortcuts(request),
        "plugin_notices": lambda: calls.gather(hooks.notices, request=request),
        "plugin_head": lambda: calls.gather(hooks.head, request=request),
        "plugin_column": lambda: calls.gather(hooks.column, request=request),
    }
