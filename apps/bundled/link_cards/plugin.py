"""Cards under posts: what the page says of itself that a post links to first."""

from collections.abc import Mapping, Sequence

from apps.bundled.link_cards import selectors
from apps.plugins.markers import hookimpl
from apps.posts.cards import Listed


@hookimpl(order=-10, keepable=True)
def post_footers(posts: Sequence[Listed]) -> Mapping[int, str]:
    """The cards of those posts that may link to something; nothing is asked where none does."""
    return selectors.html_of(post.id for post in posts if "://" in post.text and not post.warning)
