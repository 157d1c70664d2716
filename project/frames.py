"""What frames every page: rendered once for all to whom it is the same."""

from collections.abc import Sequence
from functools import lru_cache

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from apps.notifications.badges import Badge
from apps.plugins.hooks import Entry

# Pieces that are kept: of those who looked last, a few kilobytes each.
KEPT = 2000
MEMBERS = ("home", "public", "notices", "bookmarks", "drafts", "settings")
VISITORS = ("home", "public", "sign_in", "sign_up")
VIEWS = {
    "home": "timelines:home",
    "public": "timelines:public",
    "notices": "notifications:list",
    "bookmarks": "posts:bookmarks",
    "drafts": "posts:drafts",
    "settings": "accounts:profile-edit",
    "preferences": "accounts:preferences",
    "sign_in": "accounts:sign-in",
    "sign_up": "accounts:sign-up",
}


def navigation(request: HttpRequest, badge: Badge, entries: Sequence[Entry]) -> SafeString:
    """Return the links beside each page, with the mark of where its reader is."""
    user = getattr(request, "user", None)
    username = user.username if user and user.is_authenticated else ""
    lines = tuple(entries)
    places = {*_places(username), *(entry.url for entry in lines)}
    here = request.path if request.path in places else ""
    is_staff = bool(username and user and user.is_staff)
    return _navigation(get_language() or "", username, is_staff, badge, lines, here)


@lru_cache
def assets() -> SafeString:
    """Return the links to styles and scripts."""
    return render_to_string("includes/assets.html")


def shortcuts(request: HttpRequest) -> SafeString:
    """Return the help about the keys."""
    user = getattr(request, "user", None)
    return _shortcuts(get_language() or "", bool(user and user.is_authenticated))


@lru_cache(KEPT)
def _navigation(
    language: str,
    username: str,
    is_staff: bool,
    badge: Badge,
    entries: tuple[Entry, ...],
    here: str,
) -> SafeString:
    context = {
        **_addresses(),
        "own": _own(username) if username else "",
        "username": username,
        "is_staff": is_staff,
        "badge": badge,
        "entries": entries,
        "here": here,
    }
    return render_to_string("includes/nav.html", context)


@lru_cache
def _shortcuts(language: str, is_member: bool) -> SafeString:
    return render_to_string("includes/keys.html", {**_addresses(), "is_member": is_member})


@lru_cache
def _addresses() -> dict[str, str]:
    return {name: reverse(view) for name, view in VIEWS.items()}


@lru_cache(KEPT)
def _places(username: str) -> frozenset[str]:
    """Return the addresses that the navigation leads to, beside those of plugins."""
    if not username:
        return frozenset(_addresses()[name] for name in VISITORS)
    return frozenset({*(_addresses()[name] for name in MEMBERS), _own(username)})


def _own(username: str) -> str:
    return reverse("timelines:profile", args=[username])
