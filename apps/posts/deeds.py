"""What a viewer has done with posts: liked, reposted, kept. A visitor has done nothing."""

from collections.abc import Iterable

from apps.caching.queries import cached
from apps.indexing.hot import hot
from apps.posts import samples
from apps.posts.models import Bookmark, Like, Post
from apps.posts.samples import given
from apps.sharding import directory, harvest, querysets


def liked(post_ids: Iterable[int], viewer_id: int | None) -> set[int]:
    """Return those of some posts that a viewer likes."""
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


def bookmarked(post_ids: Iterable[int], viewer_id: int | None) -> set[int]:
    """Return those of some posts that a viewer keeps."""
    wanted = tuple(sorted(post_ids))
    if viewer_id is None or not wanted:
        return set()
    home = directory.shard_of_id(viewer_id)
    return set(harvest.part(home, lambda: _bookmarked_among(viewer_id, wanted), []))


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
