"""Reading tags."""

from apps.bundled.hashtags.models import TaggedPost
from apps.kernel import cursors
from apps.posts import selectors as posts
from apps.posts.selectors import PostCard
from apps.sharding.scatter import Scatter


def page(tag: str, *, before: int | None, viewer_id: int | None) -> cursors.Page[PostCard]:
    """Return the posts that carry a tag (in lower case), newest first, from every shard."""
    rows = Scatter(TaggedPost.objects.filter(tag=tag), by="post_id")
    found = rows.page(limit=posts.PAGE, before=before)
    cards = posts.cards([row.post_id for row in found.items], viewer_id=viewer_id)
    return cursors.Page(cards, found.next_cursor)
