"""The page of one tag."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts.requests import viewer_of
from apps.bundled.hashtags.models import TaggedPost
from apps.kernel import cursors
from apps.posts import cards
from apps.posts import selectors as posts
from apps.sharding.scatter import Scatter


@require_safe
def tag(request: HttpRequest, tag: str) -> HttpResponse:
    """Show the posts that carry a tag, newest first, from every shard."""
    if tag != tag.lower():
        return redirect("hashtags:tag", tag.lower())
    before = cursors.parse(request.GET.get("before"))
    rows = Scatter(TaggedPost.objects.filter(tag=tag), by="post_id")
    found = rows.page(limit=posts.PAGE, before=before)
    wanted = [row.post_id for row in found.items]
    listed = cards.listed(wanted, viewer_id=viewer_of(request))
    context = {"tag": tag, "page": cursors.Page(listed, found.next_cursor), "first": before is None}
    return render(request, "hashtags/tag.html", context)
