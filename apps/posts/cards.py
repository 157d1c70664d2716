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
from apps.caching.queries import cached, cached_many
from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.posts import rendering, samples
from apps.posts.models import Like, Post, Tally
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
    arrived_at: datetime | None

    @property
    def created_at(self) -> datetime:
        """When it was written."""
        return ids.time_of(self.id)


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
    mine: bool = False
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
    def text(self) -> str:
        """The text as it was written."""
        return self.stored.text

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
        return list(Post.objects.filter(id__in=group).values_list(*Stored._fields))

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


def listed(item_ids: Iterable[int], *, viewer_id: int | None, asked: bool = False) -> list[Listed]:
    """Return posts and reposts in the given order.

    Left out is what is deleted, and what the viewer does not see; `asked` for by name, he sees
    also those whom he has muted.
    """
    viewer = sight.of(viewer_id)
    items = list(item_ids)
    rows = stored(items)
    rows |= stored([row.repost_of_id for row in rows.values() if row.repost_of_id])
    there = [rows[item_id] for item_id in items if item_id in rows]
    pairs = [(row, rows.get(row.repost_of_id) if row.repost_of_id else row) for row in there]
    shown = [pair for pair in pairs if _sees(viewer, *pair, asked)]
    wanted = {post.id for _, post in shown if post is not None}
    liked, reposted = _liked(wanted, viewer_id), _reposted(wanted, viewer_id)
    return [
        Listed(
            stored=post,
            item_id=row.id,
            viewer_id=viewer_id,
            liked=post.id in liked,
            reposted=post.id in reposted,
            mine=post.author_id == viewer_id,
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
    """Return listed posts with their authors and counts; left out where the author is gone."""
    authors = accounts.cards_of(one.stored.author_id for one in found)
    counted = counts(one.id for one in found)
    return [
        PostCard(**vars(one) | counted.get(one.id, {}), author=authors[one.stored.author_id])
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


def _liked(post_ids: Iterable[int], viewer_id: int | None) -> set[int]:
    if viewer_id is None:
        return set()
    lists = querysets.from_each(
        post_ids, lambda group: _liked_among(tuple(sorted(group)), viewer_id)
    )
    return {pk for found in lists for pk in found}


@cached(
    "posts.liked",
    tags=lambda post_ids, viewer_id: [f"posts.liker:{viewer_id}"],
    group=lambda post_ids, viewer_id: directory.shard_of_id(post_ids[0]),
)
@hot("posts.liked", lambda shard: given(samples.post_ids(shard), samples.liker(shard)))
def _liked_among(post_ids: tuple[int, ...], viewer_id: int) -> list[int]:
    """Return those of a shard's posts that an account likes."""
    liked = Like.objects.filter(post_id__in=post_ids, account_id=viewer_id)
    return list(liked.values_list("post_id", flat=True))


def _reposted(post_ids: Iterable[int], viewer_id: int | None) -> set[int]:
    wanted = tuple(sorted(post_ids))
    if viewer_id is None or not wanted:
        return set()
    home = directory.shard_of_id(viewer_id)
    return set(harvest.part(home, lambda: _reposted_among(viewer_id, wanted), []))


@cached("posts.reposted", tags=lambda viewer_id, post_ids: [f"posts.author:{viewer_id}"])
@hot("posts.reposted", lambda shard: given(samples.author(shard), samples.post_ids(shard)))
def _reposted_among(viewer_id: int, post_ids: tuple[int, ...]) -> list[int]:
    """Return those of some posts that an account has reposted."""
    mine = Post.objects.filter(author_id=viewer_id, repost_of_id__in=post_ids)
    return [pk for pk in mine.values_list("repost_of_id", flat=True) if pk is not None]
