"""What an app may do: Mastodon's scopes, whole (`read`) or in part (`read:accounts`)."""

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from oauth2_provider.scopes import BaseScopes

READ = (
    "accounts blocks bookmarks favourites filters follows lists mutes notifications search statuses"
)
WRITE = f"{READ} conversations media reports"
NAMES = {
    "accounts": _("accounts"),
    "blocks": _("blocks"),
    "bookmarks": _("bookmarks"),
    "conversations": _("conversations"),
    "favourites": _("likes"),
    "filters": _("filters"),
    "follows": _("follows"),
    "lists": _("lists"),
    "media": _("pictures"),
    "mutes": _("mutes"),
    "notifications": _("notifications"),
    "reports": _("reports"),
    "search": _("search"),
    "statuses": _("posts"),
}
WHOLE: dict[str, str | Promise] = {
    "read": _("Read everything that you can read"),
    "write": _("Write posts, likes and your profile for you"),
    "follow": _("Follow, mute and block for you"),
    "push": _("Receive your notifications"),
    "profile": _("See who you are"),
}
PARTS: dict[str, str | Promise] = {
    f"{whole}:{part}": format_lazy("{whole}: {part}", whole=WHOLE[whole], part=NAMES[part])
    for whole, parts in (("read", READ), ("write", WRITE))
    for part in parts.split()
    if not (whole == "write" and part == "search")
}
KNOWN: dict[str, str | Promise] = WHOLE | PARTS
DEFAULT = "read"
# What `follow` has stood for since before there were parts.
FOLLOW = frozenset(
    f"{verb}:{part}" for verb in ("read", "write") for part in ("blocks", "follows", "mutes")
)


def allows(granted: Collection[str], wanted: str) -> bool:
    """Tell whether granted scopes cover one that is wanted; an empty one is always covered."""
    if not wanted or wanted in granted or wanted.partition(":")[0] in granted:
        return True
    if wanted == "profile":
        return allows(granted, "read:accounts")
    return wanted in FOLLOW and "follow" in granted


def parsed(text: str) -> list[str]:
    """Return the scopes in a text that there are, each once, in order; the default for none."""
    found = [scope for scope in dict.fromkeys(text.split()) if scope in KNOWN]
    return found or [DEFAULT]


def within(granted: Iterable[str]) -> list[str]:
    """Return all scopes that granted ones cover."""
    held = frozenset(granted)
    return [scope for scope in KNOWN if allows(held, scope)]


class Scopes(BaseScopes):
    """Tells the OAuth server what there is, and that an app gets no more than it registered."""

    def get_all_scopes(self) -> dict[str, str | Promise]:
        """Return every scope with what it allows, in words."""
        return KNOWN

    def get_available_scopes(self, application: Any = None, *args: Any, **named: Any) -> list[str]:
        """Return what an app may ask for."""
        return within(application.scopes.split()) if application is not None else list(KNOWN)

    def get_default_scopes(self, *args: Any, **named: Any) -> list[str]:
        """Return what an app gets that asks for nothing."""
        return [DEFAULT]
