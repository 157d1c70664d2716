"""Following and unfollowing; who follows whom."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import selectors as accounts
from apps.accounts import sight
from apps.accounts.requests import account_of, viewer_of
from apps.accounts.selectors import ProfileCard
from apps.follows import selectors, services
from apps.follows.limits import FOLLOWING
from apps.kernel import cursors
from apps.kernel.cursors import Page
from apps.throttling.views import throttled

PAGE = 40


@require_POST
@login_required
@throttled(FOLLOWING)
def follow(request: HttpRequest, username: str) -> HttpResponse:
    """Follow an account."""
    profile = accounts.profile_named(username)
    services.follow(follower_id=account_of(request).pk, followed_id=profile.id)
    return _changed(request, profile, following=True)


@require_POST
@login_required
@throttled(FOLLOWING)
def unfollow(request: HttpRequest, username: str) -> HttpResponse:
    """Follow an account no longer."""
    profile = accounts.profile_named(username)
    services.unfollow(follower_id=account_of(request).pk, followed_id=profile.id)
    return _changed(request, profile, following=False)


@require_safe
def followers(request: HttpRequest, username: str) -> HttpResponse:
    """Show who follows an account."""
    return _people(request, username, selectors.followers_page, "follows/followers.html")


@require_safe
def following(request: HttpRequest, username: str) -> HttpResponse:
    """Show whom an account follows."""
    return _people(request, username, selectors.following_page, "follows/following.html")


def _people(
    request: HttpRequest,
    username: str,
    fetch: Callable[[int, int | None, int], Page[int]],
    template: str,
) -> HttpResponse:
    profile, viewer_id = accounts.profile_named(username), viewer_of(request)
    page = fetch(profile.id, cursors.parse(request.GET.get("before")), PAGE)
    viewer = sight.of(viewer_id)
    seen = page.items if viewer.shows(profile.id, asked=True) else []
    cards = accounts.cards_of([pk for pk in seen if viewer.shows(pk, asked=True)])
    mine = set(selectors.following_among(viewer_id, list(cards))) if viewer_id else set()
    people = [
        {"profile": card, "following": pk in mine, "is_self": pk == viewer_id}
        for pk in page.items
        if (card := cards.get(pk))
    ]
    context = {"profile": profile, "people": people, "next_cursor": page.next_cursor}
    return render(request, template, context)


def _changed(request: HttpRequest, profile: ProfileCard, *, following: bool) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        context = {"profile": profile, "following": following, "is_self": False}
        return render(request, "follows/_button.html", context)
    return redirect("timelines:profile", profile.username)
