"""Following, muting and blocking; whom one mutes and blocks."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from apps.accounts import selectors as accounts
from apps.accounts.requests import account_of
from apps.api import hooks, windows
from apps.api.endpoints import Answer, View, endpoint, shown
from apps.api.entities import accounts as entities
from apps.api.entities import relationships
from apps.api.errors import NotFound, NotPossible
from apps.follows import services as follows
from apps.follows.limits import FOLLOWING
from apps.kernel import cursors
from apps.kernel.cursors import Page
from apps.plugins import calls
from apps.throttling.views import throttled


@endpoint("write:follows")
@throttled(FOLLOWING)
def follow(request: HttpRequest, account_id: int) -> dict[str, Any]:
    """Follow an account."""
    follows.follow(follower_id=account_of(request).pk, followed_id=_there(account_id))
    return relationships.one(account_of(request).pk, account_id)


@endpoint("write:follows")
@throttled(FOLLOWING)
def unfollow(request: HttpRequest, account_id: int) -> dict[str, Any]:
    """Follow an account no longer."""
    follows.unfollow(follower_id=account_of(request).pk, followed_id=_there(account_id))
    return relationships.one(account_of(request).pk, account_id)


def _bond(bond: str, *, wanted: bool) -> View:
    @endpoint(f"write:{bond}s")
    @throttled(FOLLOWING)
    def change(request: HttpRequest, account_id: int) -> dict[str, Any]:
        """Mute or block an account, or no longer."""
        viewer_id = account_of(request).pk
        ids = {"owner_id": viewer_id, "other_id": _there(account_id)}
        if not any(calls.ask(hooks.set_bond, bond=bond, wanted=wanted, **ids)):
            raise NotPossible(f"This site has no way to {bond}.")
        return relationships.one(viewer_id, account_id)

    return change


def _bonds(scope: str, part: Callable[[hooks.Bonds], Any]) -> View:
    @endpoint(scope)
    def show(request: HttpRequest) -> Answer:
        """Show whom one mutes or blocks."""
        found = calls.ask(hooks.bonds_of, account_id=account_of(request).pk)
        ids = sorted((pk for bonds in found for pk in part(bonds)), reverse=True)
        window = windows.of(request, default=40, most=80)

        def fetch(before: int | None) -> Page[int]:
            rest = [pk for pk in ids if before is None or pk < before]
            return cursors.page(rest, window.limit, key=int)

        page = windows.look(fetch, window, key=int)
        return shown(request, page, entities.listed(page.items))

    return show


def _there(account_id: int) -> int:
    if account_id not in accounts.cards_of([account_id]):
        raise NotFound
    return account_id


mute, unmute = _bond("mute", wanted=True), _bond("mute", wanted=False)
block, unblock = _bond("block", wanted=True), _bond("block", wanted=False)
mutes = _bonds("read:mutes", lambda bonds: bonds.mutes)
blocks = _bonds("read:blocks", lambda bonds: bonds.blocks)
