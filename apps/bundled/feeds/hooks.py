"""Where other plugins take part in feeds."""

from collections.abc import Sequence
from typing import Any

from apps.plugins.markers import hookspec
from apps.posts.selectors import PostCard


def cards(answer: Any) -> list[PostCard] | None:
    """Take posts, or None for nothing."""
    found = None if answer is None else list(answer)
    if not all(isinstance(card, PostCard) for card in found or ()):
        raise TypeError("expected cards of posts")
    return found


@hookspec(seconds=2.0, queries=30, shape=cards)
def tagged_posts(tag: str) -> Sequence[PostCard] | None:
    """Return the newest posts of a tag (in lower case), newest first."""
    raise NotImplementedError
