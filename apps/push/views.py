"""The page of topics, and the way to the push process for those who ask here."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.push import catalog


@require_safe
def topics(request: HttpRequest) -> HttpResponse:
    """List what a browser may subscribe to, and every fact with its fields."""
    context = {"offers": catalog.offers(), "facts": catalog.facts()}
    return render(request, "push/topics.html", context)


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Lead a client to the push process, which has a port of its own; here threads are few."""
    return led(request, "/events/ and /ws/")


def led(request: HttpRequest, routes: str) -> HttpResponse:
    """Lead a client to the same address of the push process; `routes` are those that go there."""
    if not settings.PUSH_URL:
        reason = f"Events are served by the push process: route {routes} to it."
        return JsonResponse({"reason": reason}, status=503)
    address = settings.PUSH_URL.replace("ws", "http", 1)
    query = request.META.get("QUERY_STRING", "")
    return HttpResponse(status=307, headers={"Location": f"{address}{request.path}?{query}"})
