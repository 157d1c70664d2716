"""Every read of posts that others need; `cards` says what a post is in a list."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import router
from django.db.models import F

from apps.accounts import sight
from apps.caching import ahead
from apps.caching.ahead import Expected
from apps.caching.queries import cached, cached_many
from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.posts import cards, deeds, samples
from apps.posts.cards import Listed
from apps.posts.kinds import Audience
from apps.posts.models import Bookmark, Like, Post, Tally
from apps.posts.samples import given
from apps.replication import scopes
from apps.sharding import directory, estimates, harvest, places, querysets
from apps.sharding.conf import conf
from apps.sharding.places import Place
from apps.sharding.prepared import prepared, prepared_on
from apps.sharding.tallies import SLOTS, WHY_SLOTS

PAGE = 20
# An id of an account's own, and of the post that it reposts or keeps.
Written = tuple[int, int | None]
# Whoever would have to wait for the newest public posts takes those of a moment ago.
STALE_SECONDS = 10

# The ids of each author come from an index alone; only those that are shown are looked up.
NEWEST = """
SELECT post.id, post.author_id, post.repost_of_id FROM (
    SELECT one.id FROM unnest(%s::bigint[]) AS author(id)
    CROSS JOIN LATERAL (
        SELECT id FROM posts_post WHERE author_id = author.id AND id < %s AND audience < 2
        ORDER BY id DESC LIMIT %s
    ) AS one ORDER BY one.id DESC LIMIT %s
) AS newest JOIN posts_post AS post ON post.id = newest.id
"""


def public_page(*, place: Place = places.FIRST, viewer_id: int | None) -> cursors.Page[Listed]:
    """Return what everybody wrote, newest first: no replies, no reposts; from every shard."""
    ahead.expect(*deeds.expected(viewer_id, conf().shards))
    found = _newest_public(place)
    reached = found[PAGE - 1] if len(found) > PAGE else None
    return cards.page(found[:PAGE], place, reached, viewer_id=viewer_id)


def latest_authors(*, viewer_id: int | None) -> list[int]:
    """Return who wrote the first public page as a viewer sees it, the latest first."""
    found = _newest_public(places.FIRST)[:PAGE]
    rows, viewer = cards.stored(found), sight.of(viewer_id)
    authors = dict.fromkeys(rows[pk].author_id for pk in found if pk in rows)
    return [author_id for author_id in authors if viewer.shows(author_id)]


def _newest_public(place: Place) -> list[int]:
    """Return the ids of a page, newest first, and more."""
    lists_of = {shard: _below(place.of(shard)) for shard in conf().shards}
    ahead.expect(*((_public_on, *one) for one in lists_of.items()))
    lists = harvest.from_each(lists_of, lambda shard: _public_on(shard, lists_of[shard]))
    return sorted((pk for ids in lists.values() for pk in ids), reverse=True)


def _below(before: int) -> int | None:
    """Return the bound as cached queries know it: None for the first page."""
    return None if before == cursors.LARGEST_ID else before


@cached(
    "posts.public",
    tags=lambda shard, before: ["posts.public:any"],
    group=lambda shard, before: shard,
    stale_seconds=STALE_SECONDS,
)
@hot("posts.public", lambda shard: (shard, None))
def _public_on(shard: str, before: int | None) -> list[int]:
    return [pk for (pk,) in _newest_on(shard, before)]


@prepared_on
def _newest_on(shard: str, before: int | None) -> Any:
    public = Post.objects.on(shard).filter(
        repost_of_id=None, in_reply_to_id=None, audience=Audience.PUBLIC
    )
    if before is not None:
        public = public.filter(id__lt=before)
    return public.order_by("-id").values_list("id")[: PAGE + 1]


def author_page(
    *, author_id: int, place: Place = places.FIRST, viewer_id: int | None
) -> cursors.Page[Listed]:
    """Return what one account wrote and reposted, newest first."""
    if place.is_first:
        ahead.expect(*expected(author_id, viewer_id))
    return _page_of(
        author_id,
        place,
        lambda before: _written(author_id, _below(before)),
        shown=lambda item: item[0],
        viewer_id=viewer_id,
    )


def expected(author_id: int, viewer_id: int | None) -> list[Expected]:
    """Return what the first page of an account's posts will ask."""
    home = directory.shard_of_id(author_id)
    return [(_written, author_id, None), *deeds.expected(viewer_id, [home])]


def bookmarks_page(*, account_id: int, place: Place = places.FIRST) -> cursors.Page[Listed]:
    """Return what an account keeps, what it has kept last first."""
    return _page_of(
        account_id,
        place,
        lambda before: bookmarks(account_id, _below(before)),
        shown=lambda item: item[1] or 0,
        viewer_id=account_id,
    )


@cached("posts.bookmarks", tags=lambda account_id, before: [f"posts.bookmarks:{account_id}"])
@hot("posts.bookmarks", lambda shard: given(samples.keeper(shard), cursors.LARGEST_ID))
def bookmarks(account_id: int, before: int | None) -> list[Written]:
    """Return bookmarks, (its own id, the post's), the newest first: a page and one more."""
    kept = Bookmark.objects.filter(account_id=account_id)
    if before is not None:
        kept = kept.filter(id__lt=before)
    return list(kept.order_by("-id").values_list("id", "post_id")[: PAGE + 1])


def _page_of(
    owner_id: int,
    place: Place,
    ask: Callable[[int], list[Written]],
    *,
    shown: Callable[[Written], int],
    viewer_id: int | None,
) -> cursors.Page[Listed]:
    """Return a page of what one account has; `shown` says which post an item is."""
    awake = place.without(harvest.known_away(place.behind))
    found = harvest.part(directory.shard_of_id(owner_id), lambda: _walk(ask, awake), None)
    if found is None:
        return cursors.Page([], str(place))
    items, reached = found
    item_ids = [shown(item) for item in items]
    return cards.page(
        item_ids, place, reached, since=awake.highest, viewer_id=viewer_id, asked=True
    )


def _walk(ask: Callable[[int], list[Written]], place: Place) -> tuple[list[Written], int | None]:
    return places.walk(
        place,
        ask,
        limit=PAGE,
        key=lambda item: item[0],
        needs=lambda item: {directory.shard_of_id(pk) for pk in item if pk is not None},
    )


@cached("posts.author_page", tags=lambda author_id, before: [f"posts.author:{author_id}"])
@hot("posts.author_page", lambda shard: samples.first_page(shard))
@hot(
    "posts.author_page_further",
    lambda shard: given(samples.author(shard), cursors.LARGEST_ID),
)
def _written(author_id: int, before: int | None) -> list[Written]:
    return [(item_id, original_of) for item_id, _, original_of in _newest_by(author_id, before)]


@prepared
def _newest_by(author_id: int, before: int | None) -> Any:
    return written_by(author_id, before=before)[: PAGE + 1]


def written_by(author_id: int, *, before: int | None = None, since: int = 0) -> Any:
    """Return the items (`item_id`, `by_id`, `original_of`) of one author, newest first."""
    posts = Post.objects.filter(author_id=author_id)
    if before is not None:
        posts = posts.filter(id__lt=before)
    if since:
        posts = posts.filter(id__gte=since)
    return posts.order_by("-id").values(
        item_id=F("id"), by_id=F("author_id"), original_of=F("repost_of_id")
    )


@hot(
    "posts.newest_of_many",
    lambda shard: given(samples.authors(shard), cursors.LARGEST_ID, PAGE + 1),
    most=(samples.AUTHORS + 1) * (PAGE + 1),
    why="a page of each of twenty authors is merged",
)
def written_by_all(
    author_ids: Iterable[int], before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Return at least the newest `limit` items of some authors, unsorted; one query a shard."""

    def newest(group: list[int]) -> list[tuple[Any, ...]]:
        bound = cursors.LARGEST_ID if before is None else before
        return querysets.rows(Post, group[0], NEWEST, [group, bound, limit, limit])

    rows = [row for rows in querysets.from_each(author_ids, newest) for row in rows]
    return [dict(zip(("item_id", "by_id", "original_of"), row, strict=True)) for row in rows]


def is_there(post_id: int) -> bool:
    """Tell whether a post is there now, by its shard's primary."""
    with scopes.primary():
        return Post.objects.filter(id=post_id).exists()


def existing(post_ids: Iterable[int]) -> set[int]:
    """Return those of the ids whose posts are there now, by their shards' primaries."""
    with scopes.primary():
        groups = querysets.by_shard(dict.fromkeys(post_ids)).values()
        found = (Post.objects.filter(id__in=group).values_list("id", flat=True) for group in groups)
        return {pk for ids in found for pk in ids}


def arrivals_of(post_ids: Iterable[int]) -> dict[int, datetime]:
    """Return when posts arrived everywhere, by id, by their shards' primaries."""
    with scopes.primary():
        rows = Post.objects.get_many(post_ids)
    return {pk: row.arrived_at for pk, row in rows.items() if row.arrived_at is not None}


def author_of(post_id: int) -> int | None:
    """Return who wrote a post, None where it is gone, by its shard's primary."""
    with scopes.primary():
        return Post.objects.filter(id=post_id).values_list("author_id", flat=True).first()


def is_liked(post_id: int, *, by: int) -> bool:
    """Tell whether an account likes a post (not somebody's repost) now, by the primary."""
    likes = Like.objects.filter(post_id=post_id, account_id=by, post__repost_of_id=None)
    with scopes.primary():
        return likes.exists()


def is_reposted(post_id: int, *, by: int) -> bool:
    """Tell whether a post and an account's repost of it are there now, by their primaries."""
    with scopes.primary():
        reposted = Post.objects.filter(author_id=by, repost_of_id=post_id).exists()
    return reposted and is_there(post_id)


def texts_of(post_ids: Iterable[int]) -> dict[int, str]:
    """Return the texts of posts by id, by their shards' primaries; missing ones left out."""
    with scopes.primary():
        return {pk: row.text for pk, row in Post.objects.get_many(post_ids).items()}


def counts_of(post_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return likes, reposts and replies of posts by id, by their shards' primaries.

    Posts on which nothing was ever counted, and deleted ones, are left out.
    """
    with scopes.primary():
        return cards.counts(post_ids)


def about_how_many() -> int:
    """Return about how many posts and reposts there are, as the servers have it for planning."""
    aliases = (router.db_for_read(Post, shard=shard) for shard in conf().shards)
    return sum(estimates.rows(alias, Post) for alias in aliases)


def posts_count(author_id: int) -> int:
    """Return how many posts (no reposts) an account has."""
    return posts_counts([author_id]).get(author_id, 0)


@cached_many("posts.posts_count", tags=lambda author_id: [f"posts.tally:{author_id}"])
@hot(
    "posts.posts_count", lambda shard: given(samples.authors(shard)), most=20 * SLOTS, why=WHY_SLOTS
)
def posts_counts(author_ids: Sequence[int]) -> dict[int, int]:
    """Return how many posts accounts have, by id; left out where they have none."""
    return {pk: sums["posts"] for pk, sums in Tally.of_many(author_ids).items()}
