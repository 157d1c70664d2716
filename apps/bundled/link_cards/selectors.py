"""Reading cards."""

from collections.abc import Sequence

from django.template.loader import render_to_string

from apps.bundled.link_cards.models import Card
from apps.caching.queries import cached_many


@cached_many("link_cards.html", tags=lambda post_id: [f"link_cards.card:{post_id}"])
def html_of(post_ids: Sequence[int]) -> dict[int, str]:
    """Return the HTML of the cards of those posts that have one, by the id of the post."""
    found = Card.objects.get_many(post_ids)
    return {pk: render_to_string("link_cards/_card.html", {"card": c}) for pk, c in found.items()}
