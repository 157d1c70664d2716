"""Every read of posts that others need: cards, with one query a shard for a whole page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connections, router
from django.db.models import BooleanField, Exists, F, OuterRef, Q, Sum, Value
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.accounts import selectors as accounts
from apps.accounts import sight
from apps.accounts.selectors import ProfileCard
from apps.accounts.sight import Sight
from apps.caching.queries import cached
from apps.kernel import cursors
from apps.plugins import calls
from apps.posts import hooks, rendering
from apps.posts.models import Like, Post, Tally
from apps.replication import scopes
from apps.sharding import querysets
from apps.sharding.querysets import ShardedQuerySet

PAGE = 20

# The ids of each author come from an index alone; only those that are shown are looked up.
NEWEST = """
SELECT post.id, post.author_id, post.repost_of_id FROM (
    SELECT one.id FROM unnest(%s::bigint[]) AS author(id)
    CROSS JOIN LATERAL (
        SELECT id FROM posts_post WHERE author_id = author.id AND id < %s
        ORDER BY id DESC LIMIT %s
    ) AS one ORDER BY one.id DESC LIMIT %s
) AS newest JOIN posts_post AS post ON post.id = newest.id
"""


@dataclass(frozen=True)
class PostCard:
    """A post as a viewer sees it in a list."""

    id: int
    author: ProfileCard
    created_at: datetime
    text: str
    likes: int
    reposts: int
    replies: int
    liked: bool
    reposted: bool
    mine: bool
    reposted_by: ProfileCard | None = None
    in_reply_to_id: int | None = None
    root_id: int | None = None
    # Its place in the list: the id of the repost that brings it, or its own.
    item_id: int = 0
    arrived_at: datetime | None = None
    footers: "Footers | None" = field(default=None, compare=False, repr=False)

    @property
    def url(self) -> str:
        """The address of the thread page."""
        return reverse("posts:thread", args=[self.author.username, self.id])

    @property
    def html(self) -> SafeString:
        """The text with its links."""
        return rendering.to_html(self.text)

    @property
    def footer(self) -> SafeString:
        """What plugins show below it."""
        return self.footers.of(self.id) if self.footers else SafeString()


class Footers:
    """What plugins show below the posts of a list: they are asked once, when the first is shown."""

    def __init__(self, viewer_id: int | None) -> None:
        self.viewer_id = viewer_id
        self.cards: list[PostCard] = []

    def of(self, post_id: int) -> SafeString:
        """Return the HTML for one post."""
        return format_html_join("", "{}", ((one[post_id],) for one in self._all if post_id in one))

    @cached_property
    def _all(self) -> Sequence[Mapping[int, str]]:
        return calls.gather(hooks.post_footers, cards=self.cards, viewer_id=self.viewer_id)


class Rows(NamedTuple):
    """Posts by id, and the ids of those that the viewer has reposted."""

    posts: dict[int, Any]
    reposted: set[int]


def with_cards(viewer_id: int | None) -> ShardedQuerySet[Any]:
    """Return posts with their author, counts and the viewer's like in the same query."""
    like = Like.objects.filter(post_id=OuterRef("pk"), account_id=viewer_id or 0)
    return Post.objects.annotate(
        author=accounts.card_beside("author_id"),
        counts=Tally.beside("pk"),
        liked=Exists(like) if viewer_id else Value(False, output_field=BooleanField()),
    )


def cards(post_ids: Sequence[int], *, viewer_id: int | None, asked: bool = False) -> list[PostCard]:
    """Return the cards of posts and reposts in the given order.

    Left out is what is deleted, and what the viewer does not see; `asked` for by name, he sees
    also those whom he has muted.
    """
    rows = _rows(post_ids, viewer_id)
    originals = {row.repost_of_id for row in rows.posts.values() if row.repost_of_id}
    missing = originals - rows.posts.keys()
    if missing:
        more = _rows(sorted(missing), viewer_id)
        rows = Rows(rows.posts | more.posts, rows.reposted | more.reposted)
    return _in_order(post_ids, rows, viewer_id, asked)


def card(post_id: int, *, viewer_id: int | None) -> PostCard | None:
    """Return the card of one post, None where it is not there for this viewer."""
    found = cards([post_id], viewer_id=viewer_id, asked=True)
    return found[0] if found else None


def public_page(*, before: int | None, viewer_id: int | None) -> cursors.Page[PostCard]:
    """Return what everybody wrote, newest first: no replies, no reposts; from every shard."""
    public = with_cards(viewer_id).filter(repost_of_id=None, in_reply_to_id=None)
    page = public.scatter(Q()).page(limit=PAGE, before=before)
    found = {row.pk: row for row in page.items}
    rows = Rows(found, _reposted(list(found), viewer_id))
    return cursors.Page(_in_order(list(found), rows, viewer_id), page.next_cursor)


def author_page(
    *, author_id: int, before: int | None, viewer_id: int | None
) -> cursors.Page[PostCard]:
    """Return what one account wrote and reposted, newest first."""
    page = cursors.page(_written(author_id, before), PAGE, key=lambda item: item["item_id"])
    wanted = [item["item_id"] for item in page.items]
    originals = [item["original_of"] for item in page.items if item["original_of"]]
    rows = _rows([*wanted, *originals], viewer_id)
    return cursors.Page(_in_order(wanted, rows, viewer_id, asked=True), page.next_cursor)


@cached("posts.author_page", tags=lambda author_id, before: [f"posts.author:{author_id}"])
def _written(author_id: int, before: int | None) -> list[dict[str, Any]]:
    return list(written_by(author_id, before=before)[: PAGE + 1])


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


def written_by_all(
    author_ids: Iterable[int], *, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Return at least the newest `limit` items of some authors, unsorted; one query a shard."""
    found: list[tuple[Any, ...]] = []
    for shard, group in querysets.by_shard(author_ids).items():
        with connections[router.db_for_read(Post, shard=shard)].cursor() as cursor:
            bound = cursors.LARGEST_ID if before is None else before
            cursor.execute(NEWEST, [group, bound, limit, limit])
            found += cursor.fetchall()
    return [dict(zip(("item_id", "by_id", "original_of"), row, strict=True)) for row in found]


def page_of(items: Sequence[int], originals: Iterable[int], viewer_id: int) -> list[PostCard]:
    """Return the cards for a timeline's items, whose originals are known, in their order."""
    return _in_order(items, _rows([*items, *originals], viewer_id), viewer_id)


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
    found: dict[int, dict[str, int]] = {}
    with scopes.primary():
        for group in querysets.by_shard(dict.fromkeys(post_ids)).values():
            sums = {name: Sum(name) for name in ("likes", "reposts", "replies")}
            rows = Tally.objects.filter(owner_id__in=group).values("owner_id").annotate(**sums)
            for row in rows.order_by().values_list("owner_id", *sums):
                found[row[0]] = dict(zip(sums, row[1:], strict=True))
    return found


@cached("posts.posts_count", tags=lambda author_id: [f"posts.tally:{author_id}"])
def posts_count(author_id: int) -> int:
    """Return how many posts (no reposts) an account has."""
    return Tally.of(author_id)["posts"]


def _rows(post_ids: Iterable[int], viewer_id: int | None) -> Rows:
    groups = querysets.by_shard(dict.fromkeys(post_ids))
    wanted = [post_id for group in groups.values() for post_id in group]
    mine = Q(author_id=viewer_id, repost_of_id__in=wanted)
    home = next(iter(querysets.by_shard([viewer_id]))) if viewer_id else None
    if home and wanted:
        groups.setdefault(home, [])
    posts: dict[int, Any] = {}
    for shard, group in groups.items():
        here = Q(id__in=group) | mine if shard == home else Q(id__in=group)
        posts.update({row.pk: row for row in with_cards(viewer_id).on(shard).filter(here)})
    mine_of = {row.repost_of_id for row in posts.values() if row.author_id == viewer_id}
    return Rows(posts, mine_of - {None})


def _reposted(post_ids: list[int], viewer_id: int | None) -> set[int]:
    if viewer_id is None or not post_ids:
        return set()
    mine = Post.objects.filter(author_id=viewer_id, repost_of_id__in=post_ids).only("repost_of_id")
    return {row.repost_of_id for row in mine if row.repost_of_id}


def _in_order(
    post_ids: Iterable[int], rows: Rows, viewer_id: int | None, asked: bool = False
) -> list[PostCard]:
    found = (rows.posts.get(post_id) for post_id in post_ids)
    footers, viewer = Footers(viewer_id), sight.of(viewer_id)
    seen = (row for row in found if row is not None and _sees(viewer, row, rows, asked))
    made = (_card(row, rows, footers) for row in seen)
    footers.cards += [card for card in made if card is not None]
    return list(footers.cards)


def _sees(viewer: Sight, row: Any, rows: Rows, asked: bool) -> bool:
    """Tell whether a viewer sees a post, or the repost and what it is of."""
    original = rows.posts.get(row.repost_of_id)
    return viewer.shows(row.author_id, asked=asked) and (
        original is None or viewer.shows(original.author_id)
    )


def _card(row: Any, rows: Rows, footers: Footers) -> PostCard | None:
    shown = rows.posts.get(row.repost_of_id) if row.repost_of_id else row
    if shown is None or shown.author is None or row.author is None:
        return None
    counts = shown.counts or Tally.none()
    by = accounts.card_from(row.author_id, row.author) if shown is not row else None
    return PostCard(
        id=shown.pk,
        author=accounts.card_from(shown.author_id, shown.author),
        created_at=shown.created_at,
        text=shown.text,
        likes=counts["likes"],
        reposts=counts["reposts"],
        replies=counts["replies"],
        liked=shown.liked,
        reposted=shown.pk in rows.reposted,
        mine=shown.author_id == footers.viewer_id,
        reposted_by=by,
        in_reply_to_id=shown.in_reply_to_id,
        root_id=shown.root_id,
        item_id=row.pk,
        arrived_at=shown.arrived_at,
        footers=footers,
    )
