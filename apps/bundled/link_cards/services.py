"""Every write of cards."""

from apps.bundled.link_cards import pages
from apps.bundled.link_cards.models import Card
from apps.posts import selectors as posts
from apps.posts import texts
from apps.sharding import shards


def make(*, post_id: int) -> None:
    """Ask the page of a post's first link, and keep what it says; a second time it is there.

    Nothing is kept of a post that goes meanwhile: it is looked for once more when the card is in.
    """
    links = texts.links(posts.texts_of([post_id]).get(post_id, ""))
    page = pages.read(links[0]) if links else None
    if page is None:
        return
    card = Card(post_id=post_id, url=links[0], final_url=page.url, **page.about._asdict())
    with shards.atomic_for(post_id):
        Card.objects.bulk_create([card], ignore_conflicts=True)
    if not posts.is_there(post_id):
        forget(post_id=post_id)


def forget(*, post_id: int) -> None:
    """Take the card of a deleted post away; a second time there is none."""
    with shards.atomic_for(post_id):
        Card.objects.filter(post_id=post_id).delete()
