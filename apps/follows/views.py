"""Following and unfollowing."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from apps.accounts import selectors as accounts
from apps.accounts.requests import account_of
from apps.accounts.selectors import ProfileCard
from apps.follows import services
from apps.follows.limits import FOLLOWING
from apps.throttling.views import throttled


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


def _changed(request: HttpRequest, profile: ProfileCard, *, following: bool) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        context = {"profile": profile, "following": following, "is_self": False}
        return render(request, "follows/_button.html", context)
    return redirect("timelines:profile", profile.username)
