"""Voting, and the counts as they are now. Both work without script, on the page of the post."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from apps.accounts.requests import account_of, viewer_of
from apps.bundled.polls import cards, services
from apps.kernel import cursors
from apps.posts import cards as post_cards
from apps.posts.cards import PostCard
from apps.posts.errors import NoSuchPost
from apps.posts.limits import REACTING
from apps.throttling.views import throttled


@require_safe
def show(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show the counts of a poll, for a page that is open; anybody else is led to its post."""
    return _answer(request, post_id, "polls/_inner.html")


@require_POST
@login_required
@throttled(REACTING)
def vote(request: HttpRequest, post_id: int) -> HttpResponse:
    """Vote for what is chosen."""
    _post(request, post_id)
    chosen = request.POST.getlist(f"poll-{post_id}")
    numbers = [int(text) if text.isascii() and text.isdecimal() else -1 for text in chosen]
    services.vote(post_id=post_id, account_id=account_of(request).pk, choices=numbers)
    return _answer(request, post_id, "polls/_poll.html")


def _answer(request: HttpRequest, post_id: int, template: str) -> HttpResponse:
    post = _post(request, post_id)
    found = cards.cards([post], viewer_of(request)).get(post_id)
    if found is None:
        raise NoSuchPost(post_id)
    if cast(HtmxDetails, request.htmx):  # type: ignore[attr-defined]
        return render(request, template, {"poll": found})
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        return redirect(f"{back}#post-{post_id}")
    return redirect(post.url)


def _post(request: HttpRequest, post_id: int) -> PostCard:
    """Return the post of a poll; raises NoSuchPost where it is not for who asks."""
    known = 0 < post_id <= cursors.LARGEST_ID
    card = post_cards.card(post_id, viewer_id=viewer_of(request)) if known else None
    if card is None or card.id != post_id:
        raise NoSuchPost(post_id)
    return card
