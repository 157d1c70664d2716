"""The page of one's own data, and the archive on it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.requests import account_of
from apps.archives import exports, tasks
from apps.archives.errors import ExportUnderWay, NoArchive
from apps.archives.limits import EXPORTS
from apps.archives.models import KEPT
from apps.throttling.views import throttled


@never_cache
@login_required
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """Show what one may take along, and how far the archive is; it looks again by itself."""
    export = exports.of(account_of(request).pk)
    until = export.made_at + KEPT if export and export.made_at else None
    page = render(request, "archives/data.html", {"export": export, "until": until})
    if export is not None and export.state == export.State.WAITING:
        page.headers["Refresh"] = "3"
    return page


@throttled(EXPORTS)
@login_required
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for an archive."""
    try:
        export = exports.ask(account_id=account_of(request).pk)
    except ExportUnderWay as refusal:
        messages.info(request, str(refusal))
        return redirect("archives:data")
    tasks.hand_on(export.pk)
    messages.success(request, _("Your archive is being made."))
    return redirect("archives:data")


@never_cache
@login_required
@require_GET
def fetch(request: HttpRequest) -> FileResponse:
    """Give one's own archive out, and nobody else's: no address names it."""
    account = account_of(request)
    try:
        export, file = exports.opened(account.pk)
    except NoArchive as refusal:
        raise Http404(str(refusal)) from refusal
    name = f"{account.username}-{export.made_at:%Y-%m-%d}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
