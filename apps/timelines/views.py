"""The pages of posts in order of time: home, public, profile."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts import selectors as accounts
from apps.accounts.requests import account_of, viewer_of
from apps.caching import ahead
from apps.follows import selectors as follows
from apps.kernel.dependencies import keepable
from apps.plugins import calls
from apps.posts import pins, rendering
from apps.posts import selectors as posts
from apps.posts.forms import ComposeForm
from apps.sharding import directory, harvest, places
from apps.timelines import hooks, selectors

# A home timeline with fewer posts than this is helped along.
QUIET = 3


@keepable
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the home timeline; visitors see what everybody writes, and a welcome."""
    if not request.user.is_authenticated:
        return public(request, welcome=True)
    place = places.parse(request.GET.get("before"))
    page = selectors.home_page(account_of(request).pk, place=place)
    context: dict[str, Any] = {
        "page": page,
        "compose_form": ComposeForm(),
        "first": place.is_first,
    }
    # What a server that is away would have shown is not missing people.
    if place.is_first and len(page.items) < QUIET and not harvest.missing():
        context["people"] = selectors.people_to_meet(account_of(request).pk)
    return render(request, "timelines/home.html", context)


@keepable
@require_safe
def public(request: HttpRequest, *, welcome: bool = False) -> HttpResponse:
    """Show what everybody writes."""
    place = places.parse(request.GET.get("before"))
    page = posts.public_page(place=place, viewer_id=viewer_of(request))
    context = {"page": page, "welcome": welcome, "first": place.is_first}
    return render(request, "timelines/public.html", context)


@keepable
@require_safe
def profile(request: HttpRequest, username: str) -> HttpResponse:
    """Show an account and what it wrote."""
    viewer_id = viewer_of(request)
    place = places.parse(request.GET.get("before"))
    ahead.expect(*_expected(accounts.id_named(username), viewer_id, first=place.is_first))
    card = accounts.profile_named(username)
    if card.username != username:
        return redirect(card.url)
    page = posts.author_page(author_id=card.id, place=place, viewer_id=viewer_id)
    context = {
        "page": page,
        "first": place.is_first,
        "pinned": pins.shown(card.id, viewer_id=viewer_id) if place.is_first else [],
        **_profile(card, viewer_id),
    }
    return render(request, "timelines/profile.html", context)


def _expected(author_id: int, viewer_id: int | None, *, first: bool) -> list[ahead.Expected]:
    """Return what a profile will ask."""
    found = [(accounts.cards_of, author_id), (follows.counts_of, author_id)]
    followed = [(follows.is_following, viewer_id, author_id)] if viewer_id is not None else []
    shown = [*posts.expected(author_id, viewer_id), *pins.expected(author_id)] if first else []
    return [*found, (posts.posts_counts, author_id), *followed, *shown]


def _profile(card: accounts.ProfileCard, viewer_id: int | None) -> dict[str, Any]:
    home = directory.shard_of_id(card.id)
    return {
        "profile": card,
        "bio_html": rendering.to_html(card.bio).html,
        "counts": harvest.part(home, lambda: _counts(card.id), {}),
        "parts": calls.gather(hooks.profile_part, profile=card, viewer_id=viewer_id),
        "is_self": card.id == viewer_id,
        "following": viewer_id is not None and _is_following(viewer_id, card.id),
    }


def _counts(account_id: int) -> dict[str, int]:
    return {**follows.counts(account_id), "posts": posts.posts_count(account_id)}


def _is_following(viewer_id: int, account_id: int) -> bool:
    home = directory.shard_of_id(viewer_id)
    return harvest.part(home, lambda: follows.is_following(viewer_id, account_id), False)
