"""Who likes and who reposts a post."""

from django.db import router

from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.posts import samples
from apps.posts.models import Like, Post
from apps.sharding.conf import conf


@hot("posts.likers", lambda shard: _newest(shard))
def likers(post_id: int, before: int | None, limit: int) -> cursors.Page[int]:
    """Return a page of those who like a post, by account, the highest id first."""
    likes = Like.objects.filter(post_id=post_id)
    if before is not None:
        likes = likes.filter(account_id__lt=before)
    found = likes.order_by("-account_id").values_list("account_id", flat=True)[: limit + 1]
    return cursors.page(list(found), limit, key=int)


@hot("posts.reposters", lambda shard: _newest(shard))
def reposters(post_id: int, before: int | None, limit: int) -> cursors.Page[tuple[int, int]]:
    """Return a page of the reposts of a post, (repost, account), newest first, of every shard."""
    found: list[list[tuple[int, int]]] = []
    for shard in conf().shards:
        rows = Post.objects.using(router.db_for_read(Post, shard=shard)).filter(
            repost_of_id=post_id
        )
        if before is not None:
            rows = rows.filter(id__lt=before)
        found.append(list(rows.order_by("-id").values_list("id", "author_id")[: limit + 1]))
    merged = cursors.merge(found, limit + 1, key=lambda row: row[0])
    return cursors.page(merged, limit, key=lambda row: row[0])


def _newest(shard: str) -> tuple[int, None, int] | None:
    found = samples.post_ids(shard)
    return (found[0], None, 20) if found else None
