"""The pages of drafts: where they lie, and where each is opened, kept and discarded."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.requests import account_of
from apps.kernel import cursors
from apps.pictures import selectors as pictures
from apps.posts import attachments, composer, drafts
from apps.posts.drafts import Content
from apps.posts.forms import ComposeForm, DraftForm
from apps.posts.kinds import Audience
from apps.posts.limits import KEEPING
from apps.throttling.views import throttled


@require_safe
@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """Show one's drafts, what was changed last first."""
    before = cursors.parse(request.GET.get("before"))
    page = drafts.page(author_id=account_of(request).pk, before=before)
    return render(request, "posts/drafts.html", {"page": page})


@require_safe
@login_required
def opened(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show a draft in the composer."""
    author_id = account_of(request).pk
    row = drafts.find(author_id=author_id, draft_id=draft_id)
    said = {name: getattr(row, name) for name in ("text", "audience", "warning")}
    form = ComposeForm(initial={**said, "in_reply_to": row.in_reply_to_id, "kept": row.pk})
    form.parts = row.parts
    form.attach(pictures.unposted(row.picture_ids, author_id=author_id))
    return composer.page(request, form, row.in_reply_to_id)


@require_POST
@login_required
@throttled(KEEPING)
def keep(request: HttpRequest) -> HttpResponse:
    """Keep what is in the composer; what is refused comes back with its text and pictures."""
    author_id, form = account_of(request).pk, DraftForm(request.POST)
    shown, refused = attachments.gather(author_id, request.POST.dict(), request.FILES)
    composer.note(request, shown)
    is_valid = form.is_valid()
    parent_id = form.cleaned_data.get("in_reply_to")
    if refused:
        form.add_error("pictures", refused)
    if refused or not is_valid:
        return composer.page(request, form, parent_id, shown, status=422)
    try:
        _keep(author_id, form, shown)
    except composer.REFUSED as error:
        return composer.refused(request, form, parent_id, shown, error)
    messages.success(request, _("Your draft is kept."))
    return redirect("posts:drafts")


@login_required
@throttled(KEEPING)
def discard(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Ask whether to discard a draft, then do it."""
    author_id = account_of(request).pk
    row = drafts.find(author_id=author_id, draft_id=draft_id)
    if request.method != "POST":
        return render(request, "posts/confirm_discard.html", {"draft": row})
    drafts.discard(author_id=author_id, draft_id=draft_id)
    messages.success(request, _("Your draft is discarded."))
    return redirect("posts:drafts")


def _keep(author_id: int, form: DraftForm, picture_ids: list[int]) -> None:
    said = form.cleaned_data
    content = Content(
        said["text"],
        said["audience"] or Audience.PUBLIC,
        said["warning"],
        said["in_reply_to"],
        tuple(picture_ids),
        composer.parts_in(form.data),
    )
    if said["kept"]:
        drafts.change(author_id=author_id, draft_id=said["kept"], content=content)
    else:
        drafts.keep(author_id=author_id, content=content, key=said["key"])
