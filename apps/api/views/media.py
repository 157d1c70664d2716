"""Pictures that are uploaded for a post, and what is said of them."""

from typing import Any

from django.http import HttpRequest

from apps.accounts.requests import account_of
from apps.api import params
from apps.api.endpoints import endpoint
from apps.api.entities import media as entities
from apps.api.errors import Invalid, NotFound
from apps.api.params import Params
from apps.pictures import selectors, services
from apps.pictures.errors import NoSuchPicture, PictureRefused
from apps.pictures.selectors import PictureCard
from apps.pictures.services import Focus
from apps.posts import attachments
from apps.posts.limits import UPLOADING
from apps.throttling.views import throttled


@endpoint("write:media")
@throttled(UPLOADING)
def upload(request: HttpRequest) -> dict[str, Any]:
    """Keep a picture for a post that is written within a day."""
    said, author_id = params.of(request), account_of(request).pk
    sent = said.file("file")
    if sent is None:
        raise Invalid("File can't be blank")
    try:
        row = services.store(
            author_id=author_id,
            upload=sent,
            alt=said.text("description"),
            focus=_focus(said) or services.MIDDLE,
        )
    except PictureRefused as error:
        raise Invalid(str(error)) from error
    return entities.one(selectors.card(row))


@endpoint("write:media")
def show(request: HttpRequest, media_id: int) -> dict[str, Any]:
    """Show one's own picture, before it is posted and after."""
    return entities.one(_mine(request, media_id))


@endpoint("write:media")
def describe(request: HttpRequest, media_id: int) -> dict[str, Any]:
    """Say what one's own picture shows, and what of it must stay in sight."""
    said, before = params.of(request), _mine(request, media_id)
    services.describe(
        author_id=account_of(request).pk,
        picture_id=media_id,
        alt=said.text("description", before.alt),
        focus=_focus(said) or Focus(before.focus_x, before.focus_y),
    )
    return entities.one(_mine(request, media_id))


@endpoint("write:media")
def discard(request: HttpRequest, media_id: int) -> dict[str, Any]:
    """Remove one's own picture; one that is posted goes with its post."""
    if not services.discard(author_id=account_of(request).pk, picture_ids=[media_id]):
        raise NotFound
    return {}


def _mine(request: HttpRequest, media_id: int) -> PictureCard:
    try:
        return selectors.mine(media_id, author_id=account_of(request).pk)
    except NoSuchPicture as error:
        raise NotFound from error


def _focus(said: Params) -> Focus | None:
    if not (text := said.text("focus")):
        return None
    found = attachments.focus_in(text)
    if found is None:
        raise Invalid("Focus must be two numbers from -1 to 1, as in 0.5,-0.2")
    return found
