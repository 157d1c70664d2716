"""The page of what an account was notified of."""

import logging

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.requests import account_of
from apps.kernel import cursors
from apps.notifications import selectors, services
from apps.notifications.selectors import Listing

log = logging.getLogger(__name__)


@require_safe
@login_required
@never_cache
def notifications(request: HttpRequest) -> HttpResponse:
    """Show what the account was notified of; who opens the first page has seen it."""
    before = cursors.parse(request.GET.get("before"))
    account_id = account_of(request).pk
    page = selectors.page(account_id, before=before)
    if before is None and request.method == "GET":
        _see(account_id, page)
    return render(request, "notifications/list.html", {"page": page})


def _see(account_id: int, page: Listing) -> None:
    """Mark what the page shows as seen; with the primary away it stays unread, but is shown."""
    if page.unseen_id is None:
        return
    try:
        services.see(account_id=account_id, up_to=page.unseen_id)
    except OperationalError as error:
        log.warning("Notifications of %d stay unread: a database is away (%s)", account_id, error)
