"""What is announced of a post when it is stored and when it goes."""

from typing import Any

from apps.posts import texts
from apps.posts.events import PostDeleted, PostPublished, PostShared
from apps.posts.kinds import Audience
from apps.posts.models import Post


def published(row: Post) -> PostPublished | PostShared:
    """Return the event of a new post: of a topic of its own where it is not for everybody."""
    if row.audience == Audience.PUBLIC:
        signs = texts.signs(row.text)
        return PostPublished(**_said(row), repost_of_id=row.repost_of_id, signs=signs)
    return PostShared(**_said(row), audience=row.audience)


def deleted(row: Post) -> PostDeleted:
    """Return the event of a post that goes."""
    return PostDeleted(**_said(row), repost_of_id=row.repost_of_id, audience=row.audience)


def _said(row: Post) -> dict[str, Any]:
    return {
        "post_id": row.pk,
        "author_id": row.author_id,
        "in_reply_to_id": row.in_reply_to_id,
        "root_id": row.root_id,
    }
