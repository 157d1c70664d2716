"""Accounts: one's own, others', what they wrote and whom they follow."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from apps.accounts import selectors as accounts
from apps.accounts import services as account_services
from apps.accounts import sight
from apps.accounts.requests import account_of, viewer_of
from apps.api import params, windows
from apps.api.endpoints import Answer, Who, endpoint, shown
from apps.api.entities import accounts as entities
from apps.api.entities import relationships, shapes, statuses
from apps.api.errors import Invalid, NotFound
from apps.api.params import Params
from apps.follows import selectors as follows
from apps.kernel.cursors import Page
from apps.pictures.errors import PictureRefused
from apps.posts import pins
from apps.posts import selectors as posts
from apps.posts.cards import Listed
from apps.sharding import places

MOST_NAME, MOST_NOTE = 50, 500
MOST_ASKED = 80


@endpoint("profile")
def verify_credentials(request: HttpRequest) -> dict[str, Any]:
    """Say who asks."""
    return entities.own(account_of(request).pk)


@endpoint("write:accounts")
def update_credentials(request: HttpRequest) -> dict[str, Any]:
    """Change one's own name, note and picture; what is left out stays."""
    said, account_id = params.of(request), account_of(request).pk
    card = accounts.cards_of([account_id])[account_id]
    name, note = said.text("display_name", card.name), said.text("note", card.bio)
    if len(name) > MOST_NAME or len(note) > MOST_NOTE:
        raise Invalid(f"A name has at most {MOST_NAME} characters, a note {MOST_NOTE}")
    try:
        account_services.edit_profile(
            account_id=account_id, name=name.strip(), bio=note, picture=said.file("avatar")
        )
    except PictureRefused as error:
        raise Invalid(str(error)) from error
    return entities.own(account_id)


@endpoint("read:accounts", who=Who.ANYBODY)
def account(request: HttpRequest, account_id: int) -> dict[str, Any]:
    """Show an account."""
    return entities.one(account_id)


@endpoint("read:accounts", who=Who.ANYBODY)
def several(request: HttpRequest) -> list[dict[str, Any]]:
    """Show the accounts that are named by their ids."""
    return entities.listed(params.of(request).ids("id", windows.MOST))


@endpoint("read:accounts", who=Who.ANYBODY)
def lookup(request: HttpRequest) -> dict[str, Any]:
    """Find an account by its whole name."""
    return entities.one(accounts.profile_named(local_name(params.of(request).text("acct"))).id)


@endpoint("read:accounts")
def search(request: HttpRequest) -> list[dict[str, Any]]:
    """Find accounts by how their names begin."""
    said, viewer_id = params.of(request), account_of(request).pk
    found = beginning_with(said.text("q"), said.number("limit", 40, MOST_ASKED), viewer_id)
    if said.flag("following"):
        kept = set(follows.following_among(viewer_id, found))
        found = [pk for pk in found if pk in kept]
    return entities.listed(found)


@endpoint("read:statuses", who=Who.ANYBODY)
def written(request: HttpRequest, account_id: int) -> Answer:
    """Show what an account wrote and reposted."""
    said, viewer_id = params.of(request), viewer_of(request)
    _exists(account_id)
    if said.flag("pinned"):
        pinned = statuses.many(pins.shown(account_id, viewer_id=viewer_id))
        return Answer([one | {"pinned": True} for one in pinned])

    def fetch(before: int | None) -> Page[Listed]:
        return posts.author_page(
            author_id=account_id, place=places.below(before), viewer_id=viewer_id
        )

    window = windows.of(request)
    found = windows.look(fetch, window, key=_place, keep=_wanted(said, account_id))
    return shown(request, found, statuses.many(found.items))


@endpoint("read:accounts", who=Who.ANYBODY)
def followers(request: HttpRequest, account_id: int) -> Answer:
    """Show who follows an account."""
    return _people(request, account_id, follows.followers_page)


@endpoint("read:accounts", who=Who.ANYBODY)
def following(request: HttpRequest, account_id: int) -> Answer:
    """Show whom an account follows."""
    return _people(request, account_id, follows.following_page)


@endpoint("read:follows")
def related(request: HttpRequest) -> list[dict[str, Any]]:
    """Say what accounts are to the one that asks."""
    wanted = params.of(request).ids("id", MOST_ASKED)
    there = accounts.cards_of(wanted)
    return relationships.many(account_of(request).pk, [pk for pk in wanted if pk in there])


def local_name(acct: str) -> str:
    """Return the username in `name`, `@name` or `name@this.site`; raises NotFound."""
    name, _, site = acct.strip().removeprefix("@").partition("@")
    if site and site.lower() != shapes.domain().lower():
        raise NotFound
    return name


def beginning_with(text: str, limit: int, viewer_id: int | None) -> list[int]:
    """Return accounts whose names begin with a text, as far as the viewer sees them."""
    try:
        name = local_name(text)
    except NotFound:
        return []
    viewer = sight.of(viewer_id)
    found = accounts.ids_beginning_with(name, limit) if name else []
    return [pk for pk in found if viewer.shows(pk, asked=True)]


def _exists(account_id: int) -> None:
    if account_id not in accounts.cards_of([account_id]):
        raise NotFound


def _place(one: Listed) -> int:
    return one.item_id


def _wanted(said: Params, account_id: int) -> Callable[[Listed], bool]:
    replies, reposts = not said.flag("exclude_replies"), not said.flag("exclude_reblogs")
    tag, only_media = said.text("tagged").lower(), said.flag("only_media")

    def wanted(one: Listed) -> bool:
        if one.reposted_by_id is not None:
            return reposts and not tag and not only_media
        if not replies and one.stored.in_reply_to_id is not None:
            return False
        if only_media and not one.stored.pictures:
            return False
        return not tag or tag in statuses.marked(one.text).tags

    return wanted


def _people(
    request: HttpRequest, account_id: int, of: Callable[[int, int | None, int], Page[int]]
) -> Answer:
    _exists(account_id)
    window = windows.of(request, most=MOST_ASKED)
    viewer = sight.of(viewer_of(request))

    def fetch(before: int | None) -> Page[int]:
        return of(account_id, before, window.limit)

    found = windows.look(fetch, window, key=int, keep=lambda pk: viewer.shows(pk, asked=True))
    return shown(request, found, entities.listed(found.items))
