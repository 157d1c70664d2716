"""The page of one tag, and of those that trend."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts.requests import viewer_of
from apps.bundled.hashtags import selectors
from apps.bundled.hashtags import trending as trends
from apps.kernel.dependencies import keepable
from apps.sharding import places


@keepable
@require_safe
def tag(request: HttpRequest, tag: str) -> HttpResponse:
    """Show the posts that carry a tag, newest first."""
    if tag != tag.lower():
        return redirect("hashtags:tag", tag.lower())
    place = places.parse(request.GET.get("before"))
    page = selectors.page(tag, place=place, viewer_id=viewer_of(request))
    context = {"tag": tag, "page": page, "first": place.is_first}
    return render(request, "hashtags/tag.html", context)


@keepable
@require_safe
def trending(request: HttpRequest) -> HttpResponse:
    """Show the tags that are used most just now."""
    return render(request, "hashtags/trending.html", {"trends": trends.top()})
