"""Storing a like in one statement: who likes waits for it."""

from typing import NamedTuple

from django.db import connections


class Liked(NamedTuple):
    """What came of a like: whose post it is, and whether it was not there before."""

    author_id: int
    is_new: bool


LIKE = """
WITH liked AS (SELECT id, author_id FROM posts_post WHERE id = %(post)s),
made AS (
    INSERT INTO posts_like (post_id, account_id, created_at)
    SELECT id, %(account)s, now() FROM liked ON CONFLICT DO NOTHING RETURNING post_id
)
SELECT author_id, EXISTS (SELECT FROM made) FROM liked
"""


def store(shard: str, *, post_id: int, account_id: int) -> Liked | None:
    """Store a like, once, in its transaction on its shard; None where there is no such post."""
    with connections[shard].cursor() as cursor:
        cursor.execute(LIKE, {"post": post_id, "account": account_id})
        row = cursor.fetchone()
    return Liked(*row) if row else None
