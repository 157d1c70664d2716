"""Reading a home timeline: from entries, and from the authors' posts where there are none.

With nobody merged and above the horizon that is one query, and one a shard for the posts on the
page. Merged authors cost one more on each shard that has some; a page below the horizon one for
those who are followed, and one on each of their shards.
"""

from typing import Any

from django.db.models import BigIntegerField, Exists, F, Value

from apps.accounts import selectors as accounts
from apps.accounts.selectors import ProfileCard
from apps.caching import ahead
from apps.caching.queries import cached
from apps.follows import selectors as follows
from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.posts import cards, deeds
from apps.posts import selectors as posts
from apps.posts.cards import Listed
from apps.posts.selectors import PAGE
from apps.sharding import directory, harvest, places
from apps.sharding.conf import conf
from apps.sharding.places import Place
from apps.sharding.prepared import prepared
from apps.timelines import mixing, samples
from apps.timelines.mixing import HORIZON, ITEM, MERGED, Item
from apps.timelines.models import Entry, Horizon, MergedAuthorCopy

# What a row of the first query has.
NAMES = ("item_id", "by_id", "original_of", "kind")


def home_page(account_id: int, *, place: Place = places.FIRST) -> cursors.Page[Listed]:
    """Return what an account and those it follows wrote and reposted, newest first.

    The account's own posts are asked for where they are written, in the same query, so they
    are there at once; what others wrote is there when its fan-out is done.
    """
    if place.is_first:
        ahead.expect(
            (_beside_the_account, account_id, None), *deeds.expected(account_id, conf().shards)
        )
    awake = place.without(harvest.known_away(place.behind))
    found = harvest.part(directory.shard_of_id(account_id), lambda: _walk(account_id, awake), None)
    if found is None:
        return cursors.Page([], str(place))
    items, reached = found
    wanted = [item["item_id"] for item in items]
    return cards.page(wanted, place, reached, since=awake.highest, viewer_id=account_id)


def _walk(account_id: int, place: Place) -> tuple[list[Item], int | None]:
    return places.walk(
        place,
        lambda before: _items(account_id, None if before == cursors.LARGEST_ID else before),
        limit=PAGE,
        key=lambda item: int(item["item_id"]),
        needs=_shards_of,
    )


def _shards_of(item: Item) -> set[str]:
    wanted = (item["item_id"], item["original_of"])
    return {directory.shard_of_id(pk) for pk in wanted if pk is not None}


def people_to_meet(account_id: int, *, most: int = 5) -> list[ProfileCard]:
    """Return who wrote of late, for somebody who follows few: the latest first, nobody twice."""
    new = [
        author_id
        for author_id in posts.latest_authors(viewer_id=account_id)
        if author_id != account_id and not follows.is_following(account_id, author_id)
    ][:most]
    known = accounts.cards_of(new)
    return [known[author_id] for author_id in new if author_id in known]


def _items(account_id: int, before: int | None) -> list[Item]:
    """Return a page's items and one more."""
    limit = PAGE + 1
    found = mixing.sort_out(_beside_the_account(account_id, before))
    merged = posts.written_by_all(found.merged, before, limit)
    items = mixing.newest([*found.items, *merged], limit)
    if mixing.goes_below(items, limit, found.horizon):
        bound = min(before or found.horizon, found.horizon)
        followed = list(follows.followed_by(account_id))
        below = posts.written_by_all(followed, bound, limit)
        items = mixing.newest([*items, *below], limit)
    return items


def _tags(account_id: int, before: int | None) -> list[str]:
    own = (f"timelines.home:{account_id}", f"follows.follower:{account_id}")
    return [*own, f"posts.author:{account_id}", "timelines.merged:any"]


@cached("timelines.home", tags=_tags)
@hot("timelines.home", lambda shard: samples.reader(shard))
def _beside_the_account(account_id: int, before: int | None) -> list[Item]:
    """Return entries, own posts, the horizon and the merged authors, in one query."""
    return [dict(zip(NAMES, row, strict=True)) for row in _beside(account_id, before)]


@prepared
def _beside(account_id: int, before: int | None) -> Any:
    horizon = Horizon.objects.filter(account_id=account_id)
    follow = Exists(follows.follow_beside("account_id", "author_id"))
    entries = Entry.objects.filter(follow, account_id=account_id)
    if before is not None:
        entries = entries.filter(post_id__lt=before)
    others = _rows(entries.order_by("-post_id"), ITEM, "post_id", "author_id", "original_id")
    own = posts.written_by(account_id, before=before).annotate(kind=Value(ITEM))
    followed = follows.followed_by(account_id)
    copies = MergedAuthorCopy.objects.filter(author_id__in=followed)
    return others[: PAGE + 1].union(
        own[: PAGE + 1],
        _rows(horizon, HORIZON, "post_id", "account_id"),
        _rows(copies, MERGED, "author_id", "author_id"),
        all=True,
    )


def _rows(queryset: Any, kind: int, item: str, by: str, original: str | None = None) -> Any:
    none = Value(None, output_field=BigIntegerField())
    original_of = F(original) if original else none
    rows = queryset.values(item_id=F(item), by_id=F(by), original_of=original_of)
    return rows.annotate(kind=Value(kind))
