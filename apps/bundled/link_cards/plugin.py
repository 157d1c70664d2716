"""Cards under posts: what the page says of itself that a post links to first."""

from collections.abc import Mapping, Sequence

from django.template.loader import render_to_string

from apps.bundled.link_cards.models import Card
from apps.plugins.markers import hookimpl
from apps.posts import texts
from apps.posts.selectors import PostCard


@hookimpl(order=-10)
def post_footers(cards: Sequence[PostCard]) -> Mapping[int, str]:
    """The cards of those posts that link to something; nothing is asked where none does."""
    linking = [post.id for post in cards if texts.links(post.text)]
    found = Card.objects.get_many(dict.fromkeys(linking))
    return {pk: render_to_string("link_cards/_card.html", {"card": c}) for pk, c in found.items()}
