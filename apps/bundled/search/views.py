"""The page of a search."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.errors import NoSuchAccount
from apps.accounts.requests import viewer_of
from apps.bundled.search import asking, selectors
from apps.bundled.search.errors import BadSearch, TooHeavy
from apps.sharding import places


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the posts that are asked for, newest first; with nothing asked, how to ask."""
    text = request.GET.get("q", "").strip()
    place = places.parse(request.GET.get("before"))
    context: dict[str, Any] = {"q": text, "by": f"{urlencode({'q': text})}&before"}
    status = 200
    try:
        if text:
            asked = asking.parse(text)
            context["page"] = selectors.page(asked, place=place, viewer_id=viewer_of(request))
    except (BadSearch, NoSuchAccount) as refusal:
        context["refused"] = refusal
    except TooHeavy as refusal:
        context["refused"], status = refusal, 503
    return render(request, "search/search.html", context, status=status)
