"""The pages of posts in order of time: home, public, profile."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts import selectors as accounts
from apps.accounts.requests import account_of, viewer_of
from apps.follows import selectors as follows
from apps.kernel import cursors
from apps.kernel.dependencies import keepable
from apps.plugins import calls
from apps.posts import rendering
from apps.posts import selectors as posts
from apps.posts.forms import ComposeForm
from apps.timelines import hooks, selectors


@keepable
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the home timeline; visitors see what everybody writes, and a welcome."""
    if not request.user.is_authenticated:
        return public(request, welcome=True)
    before = cursors.parse(request.GET.get("before"))
    page = selectors.home_page(account_of(request).pk, before=before)
    context = {"page": page, "compose_form": ComposeForm(), "first": before is None}
    return render(request, "timelines/home.html", context)


@keepable
@require_safe
def public(request: HttpRequest, *, welcome: bool = False) -> HttpResponse:
    """Show what everybody writes."""
    before = cursors.parse(request.GET.get("before"))
    page = posts.public_page(before=before, viewer_id=viewer_of(request))
    context = {"page": page, "welcome": welcome, "first": before is None}
    return render(request, "timelines/public.html", context)


@keepable
@require_safe
def profile(request: HttpRequest, username: str) -> HttpResponse:
    """Show an account and what it wrote."""
    card = accounts.profile_named(username)
    if card.username != username:
        return redirect(card.url)
    before = cursors.parse(request.GET.get("before"))
    viewer_id = viewer_of(request)
    page = posts.author_page(author_id=card.id, before=before, viewer_id=viewer_id)
    context = {"page": page, "first": before is None, **_profile(card, viewer_id)}
    return render(request, "timelines/profile.html", context)


def _profile(card: accounts.ProfileCard, viewer_id: int | None) -> dict[str, Any]:
    return {
        "profile": card,
        "bio_html": rendering.to_html(card.bio).html,
        "counts": {**follows.counts(card.id), "posts": posts.posts_count(card.id)},
        "parts": calls.gather(hooks.profile_part, profile=card, viewer_id=viewer_id),
        "is_self": card.id == viewer_id,
        "following": viewer_id is not None and follows.is_following(viewer_id, card.id),
    }
