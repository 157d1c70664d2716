"""What an account was notified of."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from apps.accounts.requests import account_of
from apps.api import params, windows
from apps.api.endpoints import Answer, endpoint, shown
from apps.api.entities import notifications as entities
from apps.api.errors import NotFound
from apps.api.params import Params
from apps.kernel.cursors import Page
from apps.notifications import selectors, services
from apps.notifications.selectors import Card

MOST_LISTED = 80


@endpoint("read:notifications")
def listed(request: HttpRequest) -> Answer:
    """Show notifications, newest first; to read them here does not mark them as seen."""
    account_id = account_of(request).pk

    def fetch(before: int | None) -> Page[Card]:
        return selectors.page(account_id, before=before)

    window = windows.of(request, 40, MOST_LISTED)
    wanted = _wanted(params.of(request))
    found = windows.look(fetch, window, key=lambda card: card.id, keep=wanted)
    return shown(request, found, entities.many(found.items))


@endpoint("read:notifications")
def one(request: HttpRequest, notification_id: int) -> dict[str, Any]:
    """Show one notification."""
    card = selectors.card(account_of(request).pk, notification_id)
    found = entities.many([card]) if card is not None else []
    if not found:
        raise NotFound
    return found[0]


@endpoint("read:notifications")
def unread_count(request: HttpRequest) -> dict[str, int]:
    """Say how many are unread, 100 for that and more."""
    return {"count": selectors.unread_count(account_of(request).pk)}


@endpoint("write:notifications")
def clear(request: HttpRequest) -> dict[str, Any]:
    """Forget all notifications."""
    services.clear(account_id=account_of(request).pk)
    return {}


@endpoint("write:notifications")
def dismiss(request: HttpRequest, notification_id: int) -> dict[str, Any]:
    """Forget one notification."""
    if not services.dismiss(account_id=account_of(request).pk, notification_id=notification_id):
        raise NotFound
    return {}


def _wanted(said: Params) -> Callable[[Card], bool]:
    types, not_types = said.texts("types"), said.texts("exclude_types")
    by_id = said.text("account_id")

    def wanted(card: Card) -> bool:
        kind = entities.TYPES[card.kind]
        is_named = not types or kind in types
        return is_named and kind not in not_types and by_id in ("", str(card.actor.id))

    return wanted
