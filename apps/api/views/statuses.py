"""Writing, reading and deleting posts; liking and reposting them."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.accounts import sight
from apps.accounts.requests import account_of, viewer_of
from apps.api import params, windows
from apps.api.endpoints import Answer, View, Who, endpoint, shown
from apps.api.entities import accounts as account_entities
from apps.api.entities import statuses as entities
from apps.api.errors import Invalid, NotFound
from apps.api.params import Params
from apps.api.views import polls
from apps.kernel.cursors import Page, page
from apps.pictures.errors import NoSuchPicture, PictureRefused
from apps.pictures.services import MOST_OF_A_POST
from apps.posts import cards, conversations, edits, pins, reactions, selectors, services
from apps.posts.cards import PostCard
from apps.posts.errors import DraftTaken, NotTheAuthor
from apps.posts.kinds import Audience
from apps.posts.limits import POSTING, POSTING_ADDRESS, REACTING
from apps.throttling.views import throttled

MOST_LISTED = 80
LONGEST_KEY = 1000
VISIBILITIES = {
    "": Audience.PUBLIC,
    "public": Audience.PUBLIC,
    "private": Audience.FOLLOWERS,
    "direct": Audience.NAMED,
}


@endpoint("write:statuses")
@throttled(POSTING, POSTING_ADDRESS)
def publish(request: HttpRequest) -> dict[str, Any]:
    """Publish a post or a reply; sent again with the same Idempotency-Key it is the same post."""
    said, author_id = params.of(request), account_of(request).pk
    _only_what_there_is(said)
    fields: dict[str, Any] = {
        "text": said.text("status"),
        "in_reply_to_id": said.id("in_reply_to_id"),
        "picture_ids": said.ids("media_ids", MOST_OF_A_POST + 1),
        "audience": VISIBILITIES[said.text("visibility")],
        "warning": _warning(said),
        "extras": polls.extras_of(said),
    }
    try:
        post = services.publish(author_id=author_id, **fields, key=_key(request))
    except (DraftTaken, NoSuchPicture, PictureRefused) as error:
        raise Invalid(str(error)) from error
    return entities.one(post.pk, viewer_id=author_id)


@endpoint("read:statuses", who=Who.ANYBODY)
def status(request: HttpRequest, status_id: int) -> dict[str, Any]:
    """Show a post."""
    return entities.one(status_id, viewer_id=viewer_of(request))


@endpoint("read:statuses", who=Who.ANYBODY)
def several(request: HttpRequest) -> list[dict[str, Any]]:
    """Show the posts that are named by their ids."""
    wanted = params.of(request).ids("id", windows.MOST)
    return entities.many(cards.listed(wanted, viewer_id=viewer_of(request), asked=True))


@endpoint("write:statuses")
@throttled(POSTING, POSTING_ADDRESS)
def edit(request: HttpRequest, status_id: int) -> dict[str, Any]:
    """Have one's own post say something else."""
    said, account_id = params.of(request), account_of(request).pk
    card = _card(request, status_id)
    if card.stored.author_id != account_id:
        raise NotFound
    edits.edit(post_id=card.id, by=account_id, text=said.text("status"), warning=_warning(said))
    return entities.one(card.id, viewer_id=account_id)


@endpoint("read:statuses", who=Who.ANYBODY)
def history(request: HttpRequest, status_id: int) -> list[dict[str, Any]]:
    """Show what a post said and says, the oldest first."""
    return entities.versions(_card(request, status_id))


@endpoint("write:statuses")
def delete(request: HttpRequest, status_id: int) -> dict[str, Any]:
    """Delete one's own post, or take a repost back; its text comes back, to be written anew."""
    account_id = account_of(request).pk
    found = entities.one(status_id, viewer_id=account_id)
    if found["account"]["id"] != str(account_id):
        raise NotFound
    services.delete(post_id=status_id, by=account_id)
    return found


@endpoint("read:statuses", who=Who.ANYBODY)
def context(request: HttpRequest, status_id: int) -> dict[str, Any]:
    """Show what is above a post and what is below it."""
    found = conversations.around(status_id, viewer_id=viewer_of(request))
    if found is None:
        raise NotFound
    above, below = found
    upper = {str(one.id) for one in above}
    both = entities.many([*above, *below])
    return {
        "ancestors": [one for one in both if one["id"] in upper],
        "descendants": [one for one in both if one["id"] not in upper],
    }


@endpoint("read:statuses", who=Who.ANYBODY)
def source(request: HttpRequest, status_id: int) -> dict[str, Any]:
    """Return a post's text as it was written."""
    card = _card(request, status_id)
    return {"id": str(card.id), "text": card.text, "spoiler_text": card.warning}


@endpoint("read:accounts", who=Who.ANYBODY)
def favourited_by(request: HttpRequest, status_id: int) -> Answer:
    """Show who likes a post."""
    post_id, window = _card(request, status_id).id, windows.of(request, 40, MOST_LISTED)

    def fetch(before: int | None) -> Page[int]:
        return reactions.likers(post_id, before, window.limit)

    viewer = sight.of(viewer_of(request))
    found = windows.look(fetch, window, key=int, keep=lambda pk: viewer.shows(pk, asked=True))
    return shown(request, found, account_entities.listed(found.items))


@endpoint("read:accounts", who=Who.ANYBODY)
def reblogged_by(request: HttpRequest, status_id: int) -> Answer:
    """Show who reposted a post."""
    post_id, window = _card(request, status_id).id, windows.of(request, 40, MOST_LISTED)

    def fetch(before: int | None) -> Page[tuple[int, int]]:
        return reactions.reposters(post_id, before, window.limit)

    viewer = sight.of(viewer_of(request))
    found = windows.look(
        fetch, window, key=lambda row: row[0], keep=lambda row: viewer.shows(row[1], asked=True)
    )
    return shown(request, found, account_entities.listed(who for _, who in found.items))


def _reaction(scope: str, act: Callable[[int, int], Any], **said: bool) -> View:
    @endpoint(scope)
    @throttled(REACTING)
    def react(request: HttpRequest, status_id: int) -> dict[str, Any]:
        """Like or repost a post, or take that back."""
        account_id = account_of(request).pk
        shown_id = act(account_id, _card(request, status_id).id)
        return entities.one(shown_id, viewer_id=account_id) | said

    return react


def _like(account_id: int, post_id: int) -> int:
    services.like(account_id=account_id, post_id=post_id)
    return post_id


def _unlike(account_id: int, post_id: int) -> int:
    services.unlike(account_id=account_id, post_id=post_id)
    return post_id


def _repost(account_id: int, post_id: int) -> int:
    return services.repost(author_id=account_id, post_id=post_id).pk


def _unrepost(account_id: int, post_id: int) -> int:
    services.unrepost(author_id=account_id, post_id=post_id)
    return post_id


def _bookmark(account_id: int, post_id: int) -> int:
    services.bookmark(account_id=account_id, post_id=post_id)
    return post_id


def _unbookmark(account_id: int, post_id: int) -> int:
    services.unbookmark(account_id=account_id, post_id=post_id)
    return post_id


@endpoint("read:bookmarks")
def bookmarks(request: HttpRequest) -> Answer:
    """Show what the account keeps, what it has kept last first."""
    account_id = account_of(request).pk

    def fetch(before: int | None) -> Page[selectors.Written]:
        return page(selectors.bookmarks(account_id, before), selectors.PAGE, key=lambda one: one[0])

    found = windows.look(fetch, windows.of(request), key=lambda one: one[0])
    kept = [post_id for _, post_id in found.items if post_id]
    rows = entities.many(cards.listed(kept, viewer_id=account_id, asked=True))
    return shown(request, found, rows)


def _pin(account_id: int, post_id: int) -> int:
    try:
        pins.pin(account_id=account_id, post_id=post_id)
    except NotTheAuthor as error:
        raise NotFound from error
    return post_id


def _unpin(account_id: int, post_id: int) -> int:
    pins.unpin(account_id=account_id, post_id=post_id)
    return post_id


pin = _reaction("write:accounts", _pin, pinned=True)
unpin = _reaction("write:accounts", _unpin)
bookmark = _reaction("write:bookmarks", _bookmark)
unbookmark = _reaction("write:bookmarks", _unbookmark)
favourite = _reaction("write:favourites", _like)
unfavourite = _reaction("write:favourites", _unlike)
reblog = _reaction("write:statuses", _repost)
unreblog = _reaction("write:statuses", _unrepost)


def _only_what_there_is(said: Params) -> None:
    """Refuse what cannot be published as it is meant: nothing is to become public by mistake."""
    if said.text("visibility") not in VISIBILITIES:
        raise Invalid("Visibility is public, private or direct, so this one was not published")
    if said.text("scheduled_at"):
        raise Invalid("This site has no scheduled posts")


def _warning(said: Params) -> str:
    """Return what is said first; pictures that are only called sensitive are not shown at once."""
    return said.text("spoiler_text") or (_("Sensitive") if said.flag("sensitive") else "")


def _key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")[:LONGEST_KEY]
    return f"api:{hashlib.blake2b(key.encode(), digest_size=24).hexdigest()}" if key else ""


def _card(request: HttpRequest, status_id: int) -> PostCard:
    """Return the post of a status, also of a repost; raises NotFound."""
    found = cards.card(status_id, viewer_id=viewer_of(request))
    if found is None:
        raise NotFound
    return found
