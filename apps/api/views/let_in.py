"""The page where a person sees which apps may ask for them, and ends that."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.requests import account_of
from apps.api import grants
from apps.api.errors import NotFound


@require_safe
@login_required
@never_cache
def apps(request: HttpRequest) -> HttpResponse:
    """List the apps that were let in."""
    return render(request, "api/apps.html", {"apps": grants.of(account_of(request).pk)})


@require_POST
@login_required
def end(request: HttpRequest, app_id: int) -> HttpResponse:
    """Let an app in no longer."""
    if not grants.end(account_id=account_of(request).pk, app_id=app_id):
        raise NotFound
    messages.success(request, "The app is out.")
    return redirect("api:apps")
