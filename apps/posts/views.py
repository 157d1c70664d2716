"""The pages and actions of posts."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from apps.accounts.errors import NotAllowed
from apps.accounts.requests import account_of, viewer_of
from apps.kernel import cursors
from apps.kernel.dependencies import keepable
from apps.posts import cards, services, threads
from apps.posts.cards import PostCard
from apps.posts.errors import AnotherDraft, DraftTaken, NoSuchPost, TextRefused
from apps.posts.forms import ComposeForm
from apps.posts.limits import POSTING, POSTING_ADDRESS, REACTING
from apps.throttling.views import throttled

# How a refused draft comes back; any other: 422.
STATUS: dict[type[Exception], int] = {NotAllowed: 403, AnotherDraft: 409}


@keepable
@require_safe
def thread(request: HttpRequest, username: str, post_id: int) -> HttpResponse:
    """Show a post with the conversation around it."""
    after = cursors.parse(request.GET.get("after"))
    found = threads.thread(post_id, viewer_id=viewer_of(request), after=after)
    if found is None:
        raise Http404("This post is not there (any more).")
    if found.post.author.username != username:
        return redirect(found.post.url)
    context = {
        "post": found.post,
        "ancestors": found.ancestors,
        "replies": found.replies,
        "compose_form": ComposeForm(initial={"in_reply_to": post_id}),
    }
    return render(request, "posts/thread.html", context)


@require_safe
def permalink(request: HttpRequest, post_id: int) -> HttpResponse:
    """Lead from a bare id to the thread page."""
    return redirect(_card_or_404(request, post_id).url)


@require_GET
@login_required
def compose(request: HttpRequest) -> HttpResponse:
    """Show the composer on a page of its own."""
    parent_id = cursors.parse(request.GET.get("in_reply_to"))
    form = ComposeForm(initial={"in_reply_to": parent_id})
    return _composer(request, form, parent_id, status=200)


@require_POST
@login_required
@throttled(POSTING, POSTING_ADDRESS)
def publish(request: HttpRequest) -> HttpResponse:
    """Publish a post or a reply; a refused one comes back with its text."""
    form = ComposeForm(request.POST)
    if not form.is_valid():
        parent_id = form.cleaned_data.get("in_reply_to")
        return _composer(request, form, parent_id, status=422)
    parent_id = form.cleaned_data["in_reply_to"]
    draft = {name: form.cleaned_data[name] for name in ("text", "key")}
    try:
        post = services.publish(author_id=account_of(request).pk, in_reply_to_id=parent_id, **draft)
    except DraftTaken as taken:
        messages.warning(request, str(taken))
        return redirect(f"/posts/{parent_id}" if parent_id else "timelines:home")
    except (TextRefused, NotAllowed, AnotherDraft) as error:
        form.add_error("text", str(error))
        if isinstance(error, AnotherDraft):
            form.renew()
        return _composer(request, form, parent_id, status=STATUS.get(type(error), 422))
    messages.success(request, "Your reply is out." if parent_id else "Your post is out.")
    return redirect(f"/posts/{parent_id}#post-{post.pk}" if parent_id else "timelines:home")


@require_POST
@login_required
@throttled(REACTING)
def like(request: HttpRequest, post_id: int) -> HttpResponse:
    """Like a post."""
    services.like(account_id=account_of(request).pk, post_id=post_id)
    return _changed(request, post_id)


@require_POST
@login_required
@throttled(REACTING)
def unlike(request: HttpRequest, post_id: int) -> HttpResponse:
    """Take a like back."""
    services.unlike(account_id=account_of(request).pk, post_id=post_id)
    return _changed(request, post_id)


@require_POST
@login_required
@throttled(REACTING)
def repost(request: HttpRequest, post_id: int) -> HttpResponse:
    """Repost a post."""
    services.repost(author_id=account_of(request).pk, post_id=post_id)
    return _changed(request, post_id)


@require_POST
@login_required
@throttled(REACTING)
def unrepost(request: HttpRequest, post_id: int) -> HttpResponse:
    """Take a repost back."""
    services.unrepost(author_id=account_of(request).pk, post_id=post_id)
    return _changed(request, post_id)


@login_required
def delete(request: HttpRequest, post_id: int) -> HttpResponse:
    """Ask whether to delete a post, then do it."""
    card = _card_or_404(request, post_id)
    if request.method != "POST":
        return render(request, "posts/confirm_delete.html", {"post": card})
    services.delete(post_id=post_id, by=account_of(request).pk)
    messages.success(request, "Your post is deleted.")
    return redirect("timelines:profile", card.author.username)


def _changed(request: HttpRequest, post_id: int) -> HttpResponse:
    card = _card_or_404(request, post_id)
    if cast(HtmxDetails, request.htmx):  # type: ignore[attr-defined]
        return render(request, "posts/_actions.html", {"post": card})
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        return redirect(f"{back}#post-{post_id}")
    return redirect(card.url)


def _card_or_404(request: HttpRequest, post_id: int) -> PostCard:
    card = cards.card(post_id, viewer_id=viewer_of(request))
    if card is None:
        raise NoSuchPost(post_id)
    return card


def _composer(
    request: HttpRequest, form: ComposeForm, parent_id: int | None, status: int
) -> HttpResponse:
    parent = cards.card(parent_id, viewer_id=viewer_of(request)) if parent_id else None
    context = {"compose_form": form, "parent": parent}
    return render(request, "posts/compose.html", context, status=status)
