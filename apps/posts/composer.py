"""The composer on a page of its own: how it is shown, and how it comes back refused."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.accounts.errors import NotAllowed
from apps.accounts.requests import account_of, viewer_of
from apps.pictures import selectors as pictures
from apps.pictures.errors import NoSuchPicture, PictureRefused
from apps.plugins.discovery import loaded
from apps.posts import cards
from apps.posts.errors import AnotherDraft, NoSuchDraft, NoSuchPost, TextRefused, TooManyDrafts
from apps.posts.forms import ComposeForm
from apps.sharding import harvest

# Of a draft that is kept: its plugins' fields, and code points in each.
MOST_PARTS, MOST_OF_A_PART = 40, 500

# How what was refused comes back; any other: 422.
STATUS: dict[type[Exception], int] = {
    NotAllowed: 403,
    NoSuchPost: 404,
    AnotherDraft: 409,
    NoSuchDraft: 409,
}
REFUSED: tuple[type[Exception], ...] = (
    *STATUS,
    TextRefused,
    NoSuchPicture,
    PictureRefused,
    TooManyDrafts,
)


def page(
    request: HttpRequest,
    form: ComposeForm,
    parent_id: int | None,
    picture_ids: Sequence[int] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    """Show the composer below what it answers; where that is gone it says so, and stays."""
    if form.is_bound:
        form.attach(pictures.unposted(picture_ids, author_id=account_of(request).pk))
    parent = cards.card(parent_id, viewer_id=viewer_of(request)) if parent_id else None
    # What is on a server that is away is not gone.
    is_lost = parent_id is not None and parent is None and not harvest.missing()
    if is_lost:
        form.put(in_reply_to="")
    context = {"compose_form": form, "parent": parent, "is_lost": is_lost}
    return render(request, "posts/compose.html", context, status=status)


def refused(
    request: HttpRequest,
    form: ComposeForm,
    parent_id: int | None,
    picture_ids: Sequence[int],
    error: Exception,
) -> HttpResponse:
    """Give a form back with its text and pictures, and with what is wrong."""
    said = str(error)
    if isinstance(error, NoSuchPost | AnotherDraft | NoSuchDraft):
        form.renew()
    if isinstance(error, AnotherDraft | NoSuchDraft):
        form.put(kept="")
    if isinstance(error, NoSuchDraft):
        said = _(
            "This draft is out or discarded by now. What you wrote is here: send it once more."
        )
    form.add_error("pictures" if isinstance(error, NoSuchPicture) else "text", said)
    status = STATUS.get(type(error), 422)
    return page(request, form, parent_id, picture_ids, status=status)


def parts_in(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return what the fields of plugins hold, by their names, which begin with the plugin's."""
    names = loaded()
    found = {name: str(value) for name, value in fields.items() if name.partition("-")[0] in names}
    return {name: value[:MOST_OF_A_PART] for name, value in list(found.items())[:MOST_PARTS]}


def note(request: HttpRequest, picture_ids: Sequence[int]) -> None:
    """Have the form say what is kept of it: where it comes back by a 503, that comes with it."""
    fields = request.POST.copy()
    fields["pictures"] = ",".join(str(pk) for pk in picture_ids)
    request.POST = fields  # type: ignore[assignment]
