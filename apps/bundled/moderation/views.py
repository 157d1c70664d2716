"""The pages of reporting, muting, blocking and appealing. They work without script."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts import selectors as accounts
from apps.accounts.requests import account_of
from apps.accounts.selectors import ProfileCard
from apps.bundled.moderation import actions, appeals, relations, reports
from apps.bundled.moderation.errors import Oneself
from apps.bundled.moderation.forms import AppealForm, ReportForm
from apps.bundled.moderation.kinds import TOLD, Bond
from apps.bundled.moderation.models import Action
from apps.kernel import cursors
from apps.posts import cards
from apps.posts.cards import PostCard
from apps.posts.errors import NoSuchPost

CHANGES = {
    "mute": (relations.mute, gettext_lazy("You no longer see what @{} writes.")),
    "unmute": (relations.unmute, gettext_lazy("You see again what @{} writes.")),
    "block": (relations.block, gettext_lazy("You and @{} no longer see each other.")),
    "unblock": (relations.unblock, gettext_lazy("You and @{} may see each other again.")),
}


@require_safe
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """List whom the account mutes and blocks."""
    found = relations.bonds(account_of(request).pk)
    people = accounts.cards_of(found[Bond.MUTES] | found[Bond.BLOCKS])
    lists = {
        name: sorted((people[pk] for pk in found[bond] if pk in people), key=_name)
        for name, bond in (("muted", Bond.MUTES), ("blocked", Bond.BLOCKS))
    }
    return render(request, "moderation/people.html", lists)


@login_required
def person(request: HttpRequest, username: str) -> HttpResponse:
    """Ask whether to mute, block or report somebody, then do it."""
    viewer_id, profile = account_of(request).pk, accounts.profile_named(username)
    if profile.id == viewer_id:
        raise Oneself
    if request.method == "POST":
        if request.POST.get("do") not in CHANGES:
            raise Http404("There is no such choice. Go back and take one of those offered.")
        change, said = CHANGES[request.POST["do"]]
        change(owner_id=viewer_id, other_id=profile.id)
        messages.success(request, said.format(profile.username))
        return redirect("moderation:person", profile.username)
    found = relations.bonds(viewer_id)
    context = {
        "profile": profile,
        "mutes": profile.id in found[Bond.MUTES],
        "blocks": profile.id in found[Bond.BLOCKS],
    }
    return render(request, "moderation/person.html", context)


@login_required
def report_account(request: HttpRequest, username: str) -> HttpResponse:
    """Report an account."""
    return _report(request, accounts.profile_named(username), None)


@login_required
def report_post(request: HttpRequest, post_id: int) -> HttpResponse:
    """Report a post that one sees."""
    if post_id > cursors.LARGEST_ID:
        raise NoSuchPost(post_id)
    card = cards.card(post_id, viewer_id=account_of(request).pk)
    if card is None or card.id != post_id:
        raise NoSuchPost(post_id)
    return _report(request, card.author, card)


@require_safe
@login_required
@never_cache
def standing(request: HttpRequest) -> HttpResponse:
    """Show an account what was done to it, and where it may appeal."""
    rows = [
        {"action": action, "url": _url(action)}
        for action in actions.of_account(account_of(request).pk)
        if action.deed in TOLD
    ]
    return render(request, "moderation/standing.html", {"rows": rows})


@require_POST
@login_required
def read(request: HttpRequest) -> HttpResponse:
    """Note that the account has read what it was told of."""
    up_to = cursors.parse(request.POST.get("up_to"))
    actions.acknowledge(account_id=account_of(request).pk, up_to=up_to or 0)
    return redirect("moderation:standing")


@never_cache
def appeal(request: HttpRequest, token: str) -> HttpResponse:
    """Show an action to its account, signed in or not, and take its appeal."""
    action = appeals.action_of(token)
    if action is None or not actions.is_appealable(action):
        raise Http404("This link is not good (any more). Sign in again to get a new one.")
    made = appeals.of(action.pk)
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        appeals.make(action=action, text=form.cleaned_data["text"])
        messages.success(request, _("Your appeal is made. Come back here for the answer."))
        return redirect(request.path)
    status = 422 if form.is_bound else 200
    context = {"action": action, "appeal": made, "form": form}
    return render(request, "moderation/appeal.html", context, status=status)


def _report(request: HttpRequest, profile: ProfileCard, post: PostCard | None) -> HttpResponse:
    viewer_id, post_id = account_of(request).pk, post.id if post else None
    if profile.id == viewer_id:
        raise Oneself
    form = ReportForm(request.POST or None)
    if form.is_valid():
        reports.file(
            reporter_id=viewer_id, account_id=profile.id, post_id=post_id, **form.cleaned_data
        )
        messages.success(request, _("Thank you. The moderators look at it."))
        return redirect("moderation:person", profile.username)
    context = {
        "profile": profile,
        "post": post,
        "form": form,
        "reported": reports.has_reported(viewer_id, profile.id, post_id),
    }
    status = 422 if form.is_bound else 200
    return render(request, "moderation/report.html", context, status=status)


def _url(action: Action) -> str | None:
    return appeals.url_of(action.pk) if actions.is_appealable(action) else None


def _name(card: ProfileCard) -> str:
    return card.shown_name.casefold()
