"""Posts as lists and pages show them: what is stored, cached for everybody, and the viewer's part.

A page of twenty posts asks the cache for all of them at once, and the database for those that it
lacks, with one query a shard.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.safestring import SafeString

from apps.accounts import selectors as accounts
from apps.accounts import sight
from apps.accounts.selectors import ProfileCard
from apps.accounts.sight import Sight
from apps.caching import ahead
from apps.caching.queries import cached_many
from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.pictures import selectors as pictures
from apps.pictures.selectors import PictureCard
from apps.posts import audiences, deeds, rendering, samples
from apps.posts.kinds import Audience
from apps.posts.models import Post, Tally
from apps.posts.samples import given
from apps.sharding import directory, harvest, ids, querysets
from apps.sharding.places import Place
from apps.sharding.tallies import SLOTS, WHY_SLOTS

COUNTS = ("likes", "reposts", "replies")


class Stored(NamedTuple):
    """A post as it is stored: the same for every viewer."""

    id: int
    author_id: int
    text: str
    in_reply_to_id: int | None
    root_id: int | None
    repost_of_id: int | None
    pictures: int = 0
    audience: int = Audience.PUBLIC
    warning: str = ""
    edited_at: datetime | None = None
    extras: bool = False

    @property
    def created_at(self) -> datetime:
        """When it was written."""
        return ids.time_of(self.id)


COLUMNS = ", ".join(f'"{name}"' for name in Stored._fields)
STORED = f"SELECT {COLUMNS} FROM posts_post WHERE id = ANY(%s)"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A post in a list: what is stored, and what it is to who looks at it.

    `item_id` is its place in the list: the id of the repost that brings it, or its own.
    """

    stored: Stored
    item_id: int = 0
    viewer_id: int | None = None
    liked: bool = False
    reposted: bool = False
    bookmarked: bool = False
    mine: bool = False
    # When one's own has arrived everywhere; of others' nobody asks.
    arrived_at: datetime | None = None
    reposted_by_id: int | None = None

    @property
    def id(self) -> int:
        """The id of the post."""
        return self.stored.id

    @property
    def is_member(self) -> bool:
        """Whether the viewer is signed in."""
        return self.viewer_id is not None

    @property
    def audience(self) -> Audience:
        """For whom it is."""
        return Audience(self.stored.audience)

    @property
    def is_public(self) -> bool:
        """Whether it is for everybody."""
        return self.stored.audience == Audience.PUBLIC

    @property
    def text(self) -> str:
        """The text as it was written."""
        return self.stored.text

    @property
    def warning(self) -> str:
        """What is said before the text is shown, or nothing."""
        return self.stored.warning

    @property
    def excerpt(self) -> str:
        """What stands for it where it is not shown itself."""
        return self.stored.warning or self.stored.text

    @property
    def created_at(self) -> datetime:
        """When it was written."""
        return self.stored.created_at


@dataclass(frozen=True, kw_only=True)
class PostCard(Listed):
    """A post with its author and counts."""

    author: ProfileCard
    likes: int = 0
    reposts: int = 0
    replies: int = 0
    pictures: tuple[PictureCard, ...] = ()

    @property
    def url(self) -> str:
        """The address of the thread page."""
        return reverse("posts:thread", args=[self.author.username, self.id])

    @property
    def html(self) -> SafeString:
        """The text with its links."""
        return rendering.to_html(self.text).html


@cached_many("posts.post", tags=lambda post_id: [f"posts.post:{post_id}"])
@hot("posts.post", lambda shard: given(samples.post_ids(shard)))
def stored(post_ids: Sequence[int]) -> dict[int, Stored]:
    """Return posts and reposts by id, as they are stored; missing ones left out."""

    def rows(group: list[int]) -> list[tuple[Any, ...]]:
        return querysets.rows(Post, group[0], STORED, [group])

    lists = querysets.from_each(post_ids, rows)
    return {row[0]: Stored(*row) for found in lists for row in found}


@cached_many("posts.counts", tags=lambda post_id: [f"posts.tally:{post_id}"])
@hot(
    "posts.counts",
    lambda shard: given(samples.post_ids(shard)),
    most=20 * SLOTS,
    why=WHY_SLOTS,
)
def counts(post_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return likes, reposts and replies of posts by id; left out where nothing was counted."""
    return {
        post_id: {name: sums[name] for name in COUNTS}
        for post_id, sums in Tally.of_many(post_ids).items()
    }


@cached_many("posts.arrivals", tags=lambda post_id: [f"posts.arrival:{post_id}"])
@hot("posts.arrivals", lambda shard: given(samples.post_ids(shard)))
def arrivals(post_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when posts arrived everywhere, by id; left out are those that have not yet."""

    def rows(group: list[int]) -> list[tuple[int, datetime | None]]:
        return list(Post.objects.filter(id__in=group).values_list("id", "arrived_at"))

    lists = querysets.from_each(post_ids, rows)
    return {pk: at for found in lists for pk, at in found if at is not None}


def listed(item_ids: Iterable[int], *, viewer_id: int | None, asked: bool = False) -> list[Listed]:
    """Return posts and reposts in the given order.

    Left out is what is deleted, and what the viewer does not see; `asked` for by name, he sees
    also those whom he has muted.
    """
    items = list(item_ids)
    shards = dict.fromkeys(map(directory.shard_of_id, items))
    ahead.expect(*((ask, pk) for pk in items for ask in (stored, counts)))
    ahead.expect(*deeds.expected(viewer_id, shards))
    viewer = sight.of(viewer_id)
    rows = stored(items)
    rows |= stored([row.repost_of_id for row in rows.values() if row.repost_of_id])
    there = [rows[item_id] for item_id in items if item_id in rows]
    pairs = [(row, rows.get(row.repost_of_id) if row.repost_of_id else row) for row in there]
    pairs = [pair for pair in pairs if _sees(viewer, *pair, asked)]
    closed = {post.id: post for _, post in pairs if post is not None and post.audience}
    open_to = audiences.seen_among(
        [(post.id, post.author_id, post.audience) for post in closed.values()], viewer_id
    )
    hidden = closed.keys() - open_to
    shown = [pair for pair in pairs if pair[1] is None or pair[1].id not in hidden]
    wanted = {post.id for _, post in shown if post is not None}
    liked, reposted = deeds.liked(wanted, viewer_id), deeds.reposted(wanted, viewer_id)
    bookmarked = deeds.bookmarked(wanted, viewer_id)
    arrived = arrivals(post.id for _, post in shown if post and post.author_id == viewer_id)
    return [
        Listed(
            stored=post,
            item_id=row.id,
            viewer_id=viewer_id,
            liked=post.id in liked,
            reposted=post.id in reposted,
            bookmarked=post.id in bookmarked,
            mine=post.author_id == viewer_id,
            arrived_at=arrived.get(post.id),
            reposted_by_id=row.author_id if row is not post else None,
        )
        for row, post in shown
        if post is not None
    ]


def page(
    item_ids: Iterable[int],
    place: Place,
    reached: int | None,
    *,
    since: int = 0,
    viewer_id: int | None,
    asked: bool = False,
) -> cursors.Page[Listed]:
    """Return a page of posts and reposts that went down to `reached`, as `listed` gives them.

    What a shard that is away would have shown comes first on the next page after it is back.
    """
    found = listed(item_ids, viewer_id=viewer_id, asked=asked)
    following = place.below(reached, harvest.missing(), since=since)
    return cursors.Page(found, str(following) if following else None)


def full(found: Sequence[Listed]) -> list[PostCard]:
    """Return listed posts with authors, counts, pictures; left out where the author is gone."""
    ahead.expect(*((accounts.cards_of, one.stored.author_id) for one in found))
    ahead.expect(*((counts, one.id) for one in found))
    authors = accounts.cards_of(one.stored.author_id for one in found)
    counted = counts(one.id for one in found)
    pictured = [one.id for one in found if one.stored.pictures]
    shown = pictures.of_posts(pictured) if pictured else {}
    return [
        PostCard(
            **vars(one) | counted.get(one.id, {}),
            author=authors[one.stored.author_id],
            pictures=shown.get(one.id, ()),
        )
        for one in found
        if one.stored.author_id in authors
    ]


def cards(post_ids: Iterable[int], *, viewer_id: int | None) -> list[PostCard]:
    """Return the cards of posts and reposts in the given order; deleted ones are left out."""
    return full(listed(post_ids, viewer_id=viewer_id))


def card(post_id: int, *, viewer_id: int | None) -> PostCard | None:
    """Return the card of one post, None where it is not there for this viewer."""
    found = full(listed([post_id], viewer_id=viewer_id, asked=True))
    return found[0] if found else None


def _sees(viewer: Sight, row: Stored, post: Stored | None, asked: bool) -> bool:
    """Tell whether a viewer sees a post, or the repost and what it is of."""
    if not viewer.shows(row.author_id, asked=asked):
        return False
    return post is None or post is row or viewer.shows(post.author_id)
