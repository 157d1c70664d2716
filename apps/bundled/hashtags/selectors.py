"""Reading tags."""

from django.db.models import Count

from apps.bundled.hashtags.models import TaggedPost
from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.posts import cards
from apps.posts import selectors as posts
from apps.posts.cards import Listed
from apps.sharding.scatter import Scatter


def page(tag: str, *, before: int | None, viewer_id: int | None) -> cursors.Page[Listed]:
    """Return the posts that carry a tag (in lower case), newest first, from every shard."""
    found = _newest(tag, before)
    listed = cards.listed([row.post_id for row in found.items], viewer_id=viewer_id)
    return cursors.Page(listed, found.next_cursor)


@hot("hashtags.tag", lambda shard: _most_used(shard))
def _newest(tag: str, before: int | None) -> cursors.Page[TaggedPost]:
    rows = Scatter(TaggedPost.objects.filter(tag=tag), by="post_id")
    return rows.page(limit=posts.PAGE, before=before)


def _most_used(shard: str) -> tuple[str, None] | None:
    rows = TaggedPost.objects.using(shard).order_by().values("tag").annotate(number=Count("*"))
    tag = rows.order_by("-number").values_list("tag", flat=True).first()
    return None if tag is None else (tag, None)
