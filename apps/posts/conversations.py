"""The whole conversation around a post: all above it, and all below it to any depth."""

from apps.caching.queries import cached
from apps.indexing.hot import hot
from apps.posts import cards, samples, threads
from apps.posts.cards import Listed
from apps.posts.models import Reply
from apps.sharding import querysets

# No more than that is shown at once, the oldest first.
MOST = 500
DEPTH = 50

DESCENDANTS = """
WITH RECURSIVE down(id, depth) AS (
    SELECT reply_id, 1 FROM posts_reply WHERE root_id = %(root)s AND parent_id = %(post)s
    UNION ALL
    SELECT r.reply_id, down.depth + 1 FROM posts_reply AS r JOIN down ON r.parent_id = down.id
    WHERE r.root_id = %(root)s AND down.depth < %(depth)s
) SELECT id FROM down ORDER BY id LIMIT %(most)s
"""


def around(post_id: int, *, viewer_id: int | None) -> tuple[list[Listed], list[Listed]] | None:
    """Return what is above a post and what is below it, None where it is not there."""
    post = cards.card(post_id, viewer_id=viewer_id)
    if post is None:
        return None
    above = threads.ancestor_ids(post)
    below = {*_below(post.stored.root_id or post.id, post.id)}
    if viewer_id is not None:
        below.update(threads.own_replies(viewer_id, post.id, 0))
    found = cards.listed([*above, *sorted(below)], viewer_id=viewer_id)
    lower = [one for one in found if one.id in below]
    return [one for one in found if one.id not in below], lower


@cached("posts.descendants", tags=lambda root_id, post_id: [f"posts.conversation:{root_id}"])
@hot(
    "posts.descendants",
    lambda shard: samples.answered(shard),
    most=2 * MOST,
    why="a conversation is shown whole: it is found, then put in order",
)
def _below(root_id: int, post_id: int) -> list[int]:
    values = {"root": root_id, "post": post_id, "depth": DEPTH, "most": MOST}
    return [row[0] for row in querysets.rows(Reply, root_id, DESCENDANTS, values)]
