"""What a viewer has done with posts: liked, reposted, kept. A visitor has done nothing.

What he has done with the newest posts is kept as one answer, so a page on which others' posts are
new asks nobody; only for older ones he is looked up by post.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from apps.caching import ahead
from apps.caching.queries import cached
from apps.indexing.hot import hot
from apps.posts import samples
from apps.posts.models import Bookmark, Like, Post
from apps.posts.samples import given
from apps.sharding import directory, harvest, querysets
from apps.sharding.prepared import prepared_on

NEWEST = 200


class Newest(NamedTuple):
    """The newest posts of all with which an account has done something: whole from `since` on."""

    post_ids: frozenset[int]
    since: int


def _newest(post_ids: list[int]) -> Newest:
    """Return what is known by some ids, the newest first, of which NEWEST were asked for."""
    return Newest(frozenset(post_ids), post_ids[-1] if len(post_ids) == NEWEST else 0)


def _among(
    wanted: Iterable[int], newest: Newest, older: Callable[[tuple[int, ...]], list[int]]
) -> set[int]:
    asked = set(wanted)
    rest = tuple(sorted(pk for pk in asked if pk < newest.since))
    return (asked & newest.post_ids) | set(older(rest) if rest else ())


def liked(post_ids: Iterable[int], viewer_id: int | None) -> set[int]:
    """Return those of some posts that a viewer likes."""
    if viewer_id is None:
        return set()

    def ask(group: list[int]) -> set[int]:
        shard = directory.shard_of_id(group[0])
        found = _among(
            group, _newest_liked(shard, viewer_id), lambda older: _liked_among(older, viewer_id)
        )
        if all(directory.shard_of_id(pk) == shard for pk in group):
            return found
        # A bucket has moved meanwhile, and what is on it was asked for elsewhere.
        return ask_each(group)

    def ask_each(wanted: Iterable[int]) -> set[int]:
        return set().union(*querysets.from_each(wanted, ask))

    return ask_each(post_ids)


@cached(
    "posts.newest_liked",
    tags=lambda shard, viewer_id: [f"posts.liker:{viewer_id}"],
    group=lambda shard, viewer_id: shard,
)
@hot("posts.newest_liked", lambda shard: given(shard, samples.liker(shard)))
def _newest_liked(shard: str, viewer_id: int) -> Newest:
    return _newest([pk for (pk,) in _likes_on(shard, viewer_id)])


@prepared_on
def _likes_on(shard: str, viewer_id: int) -> Any:
    liked = Like.objects.on(shard).filter(account_id=viewer_id)
    return liked.order_by("-post_id").values_list("post_id")[:NEWEST]


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


def expected(viewer_id: int | None, shards: Iterable[str]) -> list[ahead.Expected]:
    """Return what a page with posts of some shards will ask about a viewer."""
    if viewer_id is None:
        return []
    return [*((_newest_liked, shard, viewer_id) for shard in shards), (_at_home, viewer_id)]


class AtHome(NamedTuple):
    """What is stored on the account's own shard."""

    reposted: Newest
    bookmarked: Newest


AT_HOME = """\
SELECT "deed", "post_id" FROM (
    (SELECT 'reposted' AS deed, repost_of_id AS post_id FROM posts_post
     WHERE author_id = %(viewer)s AND repost_of_id IS NOT NULL ORDER BY 2 DESC LIMIT %(most)s)
    UNION ALL
    (SELECT 'bookmarked', post_id FROM posts_bookmark
     WHERE account_id = %(viewer)s ORDER BY 2 DESC LIMIT %(most)s)
) AS done ORDER BY 2 DESC
"""


@cached(
    "posts.newest_at_home",
    tags=lambda viewer_id: [f"posts.author:{viewer_id}", f"posts.bookmarks:{viewer_id}"],
)
@hot("posts.newest_at_home", lambda shard: given(samples.keeper(shard)))
def _at_home(viewer_id: int) -> AtHome:
    found: dict[str, list[int]] = {deed: [] for deed in AtHome._fields}
    for deed, pk in querysets.rows(Post, viewer_id, AT_HOME, {"viewer": viewer_id, "most": NEWEST}):
        found[deed].append(pk)
    return AtHome(**{deed: _newest(ids) for deed, ids in found.items()})


def bookmarked(post_ids: Iterable[int], viewer_id: int | None) -> set[int]:
    """Return those of some posts that a viewer keeps."""
    return _on_home(post_ids, viewer_id, lambda newest: newest.bookmarked, _bookmarked_among)


@cached("posts.bookmarked", tags=lambda viewer_id, post_ids: [f"posts.bookmarks:{viewer_id}"])
@hot(
    "posts.bookmarked",
    lambda shard: given(samples.keeper(shard), samples.post_ids(shard)),
    most=20,
    why="the twenty posts of a page are looked up, of which few are kept",
)
def _bookmarked_among(viewer_id: int, post_ids: tuple[int, ...]) -> list[int]:
    """Return those of some posts that an account keeps."""
    kept = Bookmark.objects.filter(account_id=viewer_id, post_id__in=post_ids)
    return list(kept.values_list("post_id", flat=True))


def reposted(post_ids: Iterable[int], viewer_id: int | None) -> set[int]:
    """Return those of some posts that a viewer has reposted."""
    return _on_home(post_ids, viewer_id, lambda newest: newest.reposted, _reposted_among)


@cached("posts.reposted", tags=lambda viewer_id, post_ids: [f"posts.author:{viewer_id}"])
@hot("posts.reposted", lambda shard: given(samples.author(shard), samples.post_ids(shard)))
def _reposted_among(viewer_id: int, post_ids: tuple[int, ...]) -> list[int]:
    """Return those of some posts that an account has reposted."""
    mine = Post.objects.filter(author_id=viewer_id, repost_of_id__in=post_ids)
    return [pk for pk in mine.values_list("repost_of_id", flat=True) if pk is not None]


def _on_home(
    post_ids: Iterable[int],
    viewer_id: int | None,
    newest: Callable[[AtHome], Newest],
    among: Callable[[int, tuple[int, ...]], list[int]],
) -> set[int]:
    """Return those of some posts with which a viewer has done what is stored on his own shard."""
    wanted = set(post_ids)
    if viewer_id is None or not wanted:
        return set()

    def ask() -> set[int]:
        found = newest(_at_home(viewer_id))
        return _among(wanted, found, lambda older: among(viewer_id, older))

    return harvest.part(directory.shard_of_id(viewer_id), ask, set())
