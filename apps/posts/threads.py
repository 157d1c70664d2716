"""Conversations: what a post answers, and what answers it."""

from dataclasses import dataclass

from apps.caching import ahead
from apps.caching.ahead import Expected
from apps.caching.queries import cached
from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.posts import cards, samples
from apps.posts.cards import Listed, PostCard, Stored
from apps.posts.models import Post, Reply
from apps.posts.samples import given
from apps.sharding import querysets

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
    ancestors: list[Listed | None]
    replies: cursors.Page[Listed]


def thread(post_id: int, *, viewer_id: int | None, after: int | None = None) -> Thread | None:
    """Return the conversation around a post, None where the post is not there."""
    if viewer_id is not None:
        ahead.expect((own_replies, viewer_id, post_id, after or 0))
    listed = cards.listed([post_id], viewer_id=viewer_id, asked=True)
    ahead.expect(*(ask for one in listed for ask in _around(one.stored, after or 0)))
    found = cards.full(listed)
    if not found:
        return None
    post = found[0]
    above = ancestor_ids(post)
    below = _reply_ids(post, viewer_id, after)
    others = cards.listed([*above, *below.items], viewer_id=viewer_id)
    by_id = {one.id: one for one in others}
    replies = [by_id[reply_id] for reply_id in below.items if reply_id in by_id]
    return Thread(
        post=post,
        ancestors=[by_id.get(ancestor) for ancestor in above],
        replies=cursors.Page(replies, below.next_cursor),
    )


def _around(post: Stored, after: int) -> list[Expected]:
    """Return what a page will ask about what is above a post and below it."""
    below = (_below, post.root_id or post.id, post.id, after)
    above = [(_above, post.root_id, post.in_reply_to_id)] if post.in_reply_to_id else []
    return [below, *above]


def _tags(root_id: int, parent_id: int, after: int = 0) -> list[str]:
    return [f"posts.conversation:{root_id}"]


def ancestor_ids(post: PostCard) -> list[int]:
    """Return the ids of what is above a post, the conversation's first post first."""
    root_id, parent_id = post.stored.root_id, post.stored.in_reply_to_id
    return [] if root_id is None or parent_id is None else _above(root_id, parent_id)


@cached("posts.ancestors", tags=_tags)
@hot("posts.ancestors", samples.answered)
def _above(root_id: int, parent_id: int) -> list[int]:
    """Return a post and what is above it, the conversation's first post first."""
    values = {"parent": parent_id, "root": root_id, "depth": DEPTH}
    return [row[0] for row in querysets.rows(Reply, root_id, ANCESTORS, values)]


def _reply_ids(post: PostCard, viewer_id: int | None, after: int | None) -> cursors.Page[int]:
    """Return the ids of the direct replies, oldest first.

    A reply reaches the conversation's shard by an event, a moment later; the viewer's own are
    asked for where they were written, so that nobody misses what he has just sent.
    """
    found = set(_below(post.stored.root_id or post.id, post.id, after or 0))
    if viewer_id is not None:
        found.update(own_replies(viewer_id, post.id, after or 0))
    return cursors.page(sorted(found), PAGE, key=int)


@cached("posts.replies", tags=_tags)
@hot("posts.replies", lambda shard: given(*(samples.answered(shard) or (None,)), 0))
def _below(root_id: int, parent_id: int, after: int) -> list[int]:
    children = Reply.objects.filter(root_id=root_id, parent_id=parent_id, reply_id__gt=after)
    return list(children.order_by("reply_id").values_list("reply_id", flat=True)[: PAGE + 1])


@cached("posts.own_replies", tags=lambda author_id, parent_id, after: [f"posts.author:{author_id}"])
@hot(
    "posts.own_replies", lambda shard: given(samples.author(shard), *samples.post_ids(shard)[:1], 0)
)
def own_replies(author_id: int, parent_id: int, after: int) -> list[int]:
    """Return an account's own answers to a post, from where it wrote them."""
    own = Post.objects.filter(author_id=author_id, in_reply_to_id=parent_id, id__gt=after)
    return list(own.order_by("id").values_list("id", flat=True)[: PAGE + 1])
