"""Reading tags."""

from apps.bundled.hashtags.models import TaggedPost
from apps.kernel import cursors
from apps.posts import cards
from apps.posts import selectors as posts
from apps.posts.cards import Listed
from apps.sharding.scatter import Scatter


def page(tag: str, *, before: int | None, viewer_id: int | None) -> cursors.Page[Listed]:
    """Return the posts that carry a tag (in lower case), newest first, from every shard."""
    rows = Scatter(TaggedPost.objects.filter(tag=tag), by="post_id")
    found = rows.page(limit=posts.PAGE, before=before)
    listed = cards.listed([row.post_id for row in found.items], viewer_id=viewer_id)
    return cursors.Page(listed, found.next_cursor)
