"""Conversations: what a post answers, and what answers it."""

from dataclasses import dataclass

from django.db import connections, router

from apps.kernel import cursors
from apps.posts import selectors
from apps.posts.models import Post, Reply
from apps.posts.selectors import PostCard
from apps.sharding import directory

PAGE = 50
DEPTH = 30

# The rows of one conversation are all on its first post's shard, so this is one query.
ANCESTORS = """
WITH RECURSIVE up(id, depth) AS (
    VALUES (%(parent)s::bigint, 1)
    UNION ALL
    SELECT r.parent_id, up.depth + 1 FROM posts_reply AS r JOIN up ON r.reply_id = up.id
    WHERE r.root_id = %(root)s AND up.depth < %(depth)s
) SELECT id FROM up ORDER BY depth DESC
"""


@dataclass(frozen=True)
class Thread:
    """A post with the posts above it (None for one that is gone) and the replies below it."""

    post: PostCard
    ancestors: list[PostCard | None]
    replies: cursors.Page[PostCard]


def thread(post_id: int, *, viewer_id: int | None, after: int | None = None) -> Thread | None:
    """Return the conversation around a post, None where the post is not there."""
    post = selectors.card(post_id, viewer_id=viewer_id)
    if post is None:
        return None
    above = _ancestor_ids(post)
    below = _reply_ids(post, viewer_id, after)
    found = selectors.cards([*above, *below.items], viewer_id=viewer_id)
    by_id = {card.id: card for card in found}
    replies = [by_id[reply_id] for reply_id in below.items if reply_id in by_id]
    return Thread(
        post=post,
        ancestors=[by_id.get(ancestor) for ancestor in above],
        replies=cursors.Page(replies, below.next_cursor),
    )


def _ancestor_ids(post: PostCard) -> list[int]:
    if post.in_reply_to_id is None or post.root_id is None:
        return []
    alias = router.db_for_read(Reply, shard=directory.shard_of_id(post.root_id))
    values = {"parent": post.in_reply_to_id, "root": post.root_id, "depth": DEPTH}
    with connections[alias].cursor() as cursor:
        cursor.execute(ANCESTORS, values)
        return [row[0] for row in cursor.fetchall()]


def _reply_ids(post: PostCard, viewer_id: int | None, after: int | None) -> cursors.Page[int]:
    """Return the ids of the direct replies, oldest first.

    A reply reaches the conversation's shard by an event, a moment later; the viewer's own are
    asked for where they were written, so that nobody misses what he has just sent.
    """
    rows = Reply.objects.filter(root_id=post.root_id or post.id, parent_id=post.id)
    children = rows.filter(reply_id__gt=after or 0).order_by("reply_id")
    found = set(children.values_list("reply_id", flat=True)[: PAGE + 1])
    if viewer_id is not None:
        own = Post.objects.filter(author_id=viewer_id, in_reply_to_id=post.id, id__gt=after or 0)
        found.update(own.order_by("id").values_list("id", flat=True)[: PAGE + 1])
    return cursors.page(sorted(found), PAGE, key=int)
