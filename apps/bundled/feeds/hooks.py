"""Where other plugins take part in feeds."""

from collections.abc import Sequence
from typing import Any

from apps.plugins.markers import hookspec
from apps.posts.cards import Listed


def listed(answer: Any) -> list[Listed] | None:
    """Take posts, or None for nothing."""
    found = None if answer is None else list(answer)
    if not all(isinstance(one, Listed) for one in found or ()):
        raise TypeError("expected listed posts")
    return found


@hookspec(seconds=2.0, queries=30, shape=listed)
def tagged_posts(tag: str) -> Sequence[Listed] | None:
    """Return the newest posts of a tag (in lower case), newest first."""
    raise NotImplementedError
