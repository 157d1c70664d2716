"""Reading tags."""

from django.db.models import Count

from apps.bundled.hashtags.models import TaggedPost
from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.posts import cards
from apps.posts import selectors as posts
from apps.posts.cards import Listed
from apps.sharding import places
from apps.sharding.places import Place
from apps.sharding.scatter import Scatter


def page(tag: str, *, place: Place = places.FIRST, viewer_id: int | None) -> cursors.Page[Listed]:
    """Return the posts that carry a tag (in lower case), newest first, from every shard."""
    rows, reached = _newest(tag, place)
    return cards.page([row.post_id for row in rows], place, reached, viewer_id=viewer_id)


@hot("hashtags.tag", lambda shard: _most_used(shard))
def _newest(tag: str, place: Place) -> tuple[list[TaggedPost], int | None]:
    rows = Scatter(TaggedPost.objects.filter(tag=tag), by="post_id")
    return rows.below(place, limit=posts.PAGE)


def _most_used(shard: str) -> tuple[str, Place] | None:
    rows = TaggedPost.objects.using(shard).order_by().values("tag").annotate(number=Count("*"))
    tag = rows.order_by("-number").values_list("tag", flat=True).first()
    return None if tag is None else (tag, places.FIRST)
