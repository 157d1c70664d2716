"""The page that deletes an account, and the receipt."""

from datetime import datetime

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.limits import PASSWORD
from apps.accounts.requests import account_of
from apps.erasure import services, tasks
from apps.erasure.errors import NoSuchReceipt
from apps.erasure.forms import ConfirmForm
from apps.erasure.models import Deletion, Step
from apps.throttling.views import throttled


@never_cache
@throttled(PASSWORD)
@login_required
def delete(request: HttpRequest) -> HttpResponse:
    """Delete one's own account, when name and password are given."""
    form = ConfirmForm(request.POST or None, request=request)
    if not form.is_valid():
        return render(request, "erasure/delete.html", {"form": form})
    deletion = services.ask(username=account_of(request).username)
    logout(request)
    tasks.hand_on(deletion.pk)
    return redirect("erasure:receipt", deletion.token)


@never_cache
@require_GET
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """Show how far a deletion is, to whoever has its address; it looks again by itself."""
    try:
        deletion = services.receipt(token)
    except NoSuchReceipt as refusal:
        raise Http404(str(refusal)) from refusal
    context = {
        "deletion": deletion,
        "steps": _steps(deletion),
        "counts": sorted(deletion.counts.items()),
    }
    page = render(request, "erasure/receipt.html", context)
    # The address is the right to see it: no other site is told of it.
    page.headers["Referrer-Policy"] = "no-referrer"
    page.headers["X-Robots-Tag"] = "noindex"
    if deletion.ended_at is None:
        page.headers["Refresh"] = "3"
    return page


def _steps(deletion: Deletion) -> list[tuple[str, datetime | None, str]]:
    """Return each step's text, when it was begun, and whether it is done, at work or to come."""
    order = [step.value for step in Step if step != Step.DONE]
    now = order.index(deletion.step) if deletion.step in order else len(order)
    states = ["done" if at < now else "now" if at == now else "" for at in range(len(order))]
    begun = {step: datetime.fromisoformat(moment) for step, moment in deletion.begun.items()}
    return [
        (str(Step(step).label), begun.get(step), state)
        for step, state in zip(order, states, strict=True)
    ]
