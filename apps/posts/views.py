"""The pages and actions of posts."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from apps.accounts.errors import NotAllowed
from apps.accounts.requests import account_of, viewer_of
from apps.kernel import cursors
from apps.kernel.dependencies import keepable
from apps.plugins import calls
from apps.posts import (
    attachments,
    audiences,
    cards,
    composer,
    edits,
    hooks,
    pins,
    selectors,
    services,
    threads,
)
from apps.posts.cards import PostCard
from apps.posts.errors import DraftTaken, NoSuchPost, NotTheAuthor, TextRefused
from apps.posts.forms import ComposeForm, EditForm
from apps.posts.kinds import Audience
from apps.posts.limits import POSTING, POSTING_ADDRESS, REACTING
from apps.sharding import places
from apps.throttling.views import throttled


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
    is_mine = found.post.mine
    context = {
        "post": found.post,
        "pinned": is_mine and pins.is_pinned(post_id, found.post.stored.author_id),
        "chain": [*found.ancestors, found.post],
        "replies": found.replies,
        "compose_form": ComposeForm(
            initial={"in_reply_to": post_id, "audience": found.post.audience}
        ),
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
    form = ComposeForm(initial={"in_reply_to": parent_id, "audience": _audience_of(parent_id)})
    return composer.page(request, form, parent_id, status=200)


@require_POST
@login_required
@throttled(POSTING, POSTING_ADDRESS)
def publish(request: HttpRequest) -> HttpResponse:
    """Publish a post or a reply; a refused one comes back with its text and pictures."""
    author_id, form = account_of(request).pk, ComposeForm(request.POST)
    shown, refused = attachments.gather(author_id, request.POST.dict(), request.FILES)
    composer.note(request, shown)
    is_valid = form.is_valid()
    parent_id = form.cleaned_data.get("in_reply_to")
    if refused:
        form.add_error("pictures", refused)
    if refused or not is_valid:
        return composer.page(request, form, parent_id, shown, status=422)
    draft = {name: form.cleaned_data[name] for name in ("text", "key", "warning")}
    draft["audience"] = form.cleaned_data["audience"] or Audience.PUBLIC
    draft["kept_id"] = form.cleaned_data["kept"]
    try:
        draft["extras"] = _extras(request)
        post = services.publish(
            author_id=author_id, in_reply_to_id=parent_id, picture_ids=shown, **draft
        )
    except DraftTaken as taken:
        messages.warning(request, str(taken))
        return redirect(f"/posts/{parent_id}" if parent_id else "timelines:home")
    except composer.REFUSED as error:
        return composer.refused(request, form, parent_id, shown, error)
    messages.success(request, _("Your reply is out.") if parent_id else _("Your post is out."))
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


@require_POST
@login_required
@throttled(REACTING)
def bookmark(request: HttpRequest, post_id: int) -> HttpResponse:
    """Keep a post."""
    services.bookmark(account_id=account_of(request).pk, post_id=post_id)
    return _changed(request, post_id)


@require_POST
@login_required
@throttled(REACTING)
def unbookmark(request: HttpRequest, post_id: int) -> HttpResponse:
    """Keep a post no longer."""
    services.unbookmark(account_id=account_of(request).pk, post_id=post_id)
    return _changed(request, post_id)


@require_safe
@login_required
def bookmarks(request: HttpRequest) -> HttpResponse:
    """Show what one keeps, newest first."""
    place = places.parse(request.GET.get("before"))
    page = selectors.bookmarks_page(account_id=account_of(request).pk, place=place)
    return render(request, "posts/bookmarks.html", {"page": page})


@require_POST
@login_required
@throttled(REACTING)
def pin(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show one's own post first in one's profile."""
    pins.pin(account_id=account_of(request).pk, post_id=post_id)
    return redirect("timelines:profile", account_of(request).username)


@require_POST
@login_required
@throttled(REACTING)
def unpin(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show it in its place again."""
    pins.unpin(account_id=account_of(request).pk, post_id=post_id)
    return redirect("timelines:profile", account_of(request).username)


@login_required
@throttled(POSTING, POSTING_ADDRESS)
def edit(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show a post's words to its author, and store others in their place."""
    card, account_id = _card_or_404(request, post_id), account_of(request).pk
    if card.stored.author_id != account_id:
        raise NotTheAuthor
    said = {"text": card.text, "warning": card.warning}
    form = EditForm(request.POST if request.method == "POST" else None, initial=said)
    if form.is_valid():
        try:
            edits.edit(post_id=card.id, by=account_id, **form.cleaned_data)
        except (TextRefused, NotAllowed) as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, _("Your post is changed."))
            return redirect(card.url)
    status = 422 if form.errors else 200
    return render(request, "posts/edit.html", {"form": form, "post": card}, status=status)


@require_safe
def history(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show what a post said before, to whom the post is shown."""
    card = _card_or_404(request, post_id)
    versions = edits.history(card.id)[::-1]
    return render(request, "posts/history.html", {"post": card, "versions": versions})


@login_required
def delete(request: HttpRequest, post_id: int) -> HttpResponse:
    """Ask whether to delete a post, then do it."""
    card = _card_or_404(request, post_id)
    if request.method != "POST":
        return render(request, "posts/confirm_delete.html", {"post": card})
    services.delete(post_id=post_id, by=account_of(request).pk)
    messages.success(request, _("Your post is deleted."))
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


def _extras(request: HttpRequest) -> dict[str, Any]:
    """Return what plugins are to keep with the post; raises TextRefused."""
    answers = calls.gather(hooks.extras_in, fields=request.POST.dict())
    return {name: kept for answer in answers for name, kept in answer.items()}


def _audience_of(parent_id: int | None) -> Audience:
    """Return for whom an answer is, unless its author says otherwise: for whom the post is."""
    if parent_id is None:
        return Audience.PUBLIC
    _, audience = audiences.for_whom([parent_id]).get(parent_id, (0, Audience.PUBLIC))
    return Audience(audience)
