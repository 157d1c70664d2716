"""What was written for everybody, whole: for what plugins make of it. Reposts are not among it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from apps.posts.kinds import Audience
from apps.posts.models import Post
from apps.replication import scopes
from apps.sharding import querysets


class Original(NamedTuple):
    """A post or a reply."""

    id: int
    author_id: int
    text: str


def of(post_ids: Iterable[int]) -> list[Original]:
    """Return those of the posts that are there now, by their shards' primaries."""
    with scopes.primary():
        groups = querysets.by_shard(dict.fromkeys(post_ids)).values()
        rows = (row for ids in groups for row in _rows(Post.objects.filter(id__in=ids)))
        return [Original(*row) for row in rows]


def after(shard: str, post_id: int, *, limit: int) -> list[Original]:
    """Return the next posts of a shard, oldest first, by its primary."""
    with scopes.primary():
        rows = Post.objects.on(shard).filter(id__gt=post_id).order_by("id")
        return [Original(*row) for row in _rows(rows)[:limit]]


def count(shard: str, *, after: int = 0) -> int:
    """Return how many posts a shard has above an id."""
    found: int = _rows(Post.objects.on(shard).filter(id__gt=after)).count()
    return found


def _rows(posts: Any) -> Any:
    public = posts.filter(repost_of_id=None, audience=Audience.PUBLIC)
    return public.values_list("id", "author_id", "text")
