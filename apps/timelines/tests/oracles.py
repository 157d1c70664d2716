"""What a home timeline must hold, asked without any of the code under test."""

from apps.follows.models import Follow
from apps.posts.models import Post
from apps.sharding import places
from apps.timelines import selectors


def whole(account):
    """Page through a home timeline to its end; returns the cards."""
    found, place = [], places.FIRST
    while True:
        page = selectors.home_page(account.pk, place=place)
        found += page.items
        if page.next_cursor is None:
            return found
        assert int(page.next_cursor) < place.before
        place = places.parse(page.next_cursor)


def oracle(account):
    """Return the ids of the posts, newest first, by plain queries over all shards."""
    followed = {row.followed_id for row in Follow.objects.filter(follower_id=account.pk)}
    rows = {row.pk: row for row in Post.objects.scatter()}
    shown = [
        row
        for row in rows.values()
        if row.author_id in followed | {account.pk}
        and (row.repost_of_id is None or row.repost_of_id in rows)
    ]
    return [row.repost_of_id or row.pk for row in sorted(shown, key=lambda r: -r.pk)]


def ids_of(account):
    """Return the ids of a whole home timeline, page by page."""
    return [card.id for card in whole(account)]
