"""For whom a post is, and who of them may see it: the one place where that is decided.

Whom a viewer does not see at all, because of a block, is `accounts.sight`; both hold.
"""

from collections.abc import Iterable, Sequence

from apps.caching.queries import cached_many
from apps.follows import selectors as follows
from apps.indexing.hot import hot
from apps.posts import samples
from apps.posts.kinds import Audience
from apps.posts.models import Named, Post
from apps.posts.samples import given
from apps.sharding import directory, harvest, querysets


def seen_among(closed: Iterable[tuple[int, int, int]], viewer_id: int | None) -> set[int]:
    """Return the ids of those posts that a viewer may see; each is an id, its author, for whom.

    Where a server is away that knows who follows or is named, they are not shown.
    """
    rows = [row for row in closed if row[2] != Audience.PUBLIC]
    if viewer_id is None or not rows:
        return set()
    mine = {pk for pk, author_id, _ in rows if author_id == viewer_id}
    others = [row for row in rows if row[0] not in mine]
    followed = _followed(
        {author for _, author, kind in others if kind == Audience.FOLLOWERS}, viewer_id
    )
    named = named_in([pk for pk, author, _ in others if author not in followed]) if others else {}
    return mine | {
        pk
        for pk, author, kind in others
        if (kind == Audience.FOLLOWERS and author in followed) or viewer_id in named.get(pk, ())
    }


def may_see(post_id: int, viewer_id: int | None) -> bool:
    """Tell whether a viewer is one of those for whom a post is; also where it is gone."""
    row = for_whom([post_id]).get(post_id)
    closed = [(post_id, *row)] if row and row[1] != Audience.PUBLIC else []
    return not closed or post_id in seen_among(closed, viewer_id)


@cached_many("posts.for_whom", tags=lambda post_id: [f"posts.post:{post_id}"])
@hot("posts.for_whom", lambda shard: given(samples.post_ids(shard)))
def for_whom(post_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return author and audience of posts by id; missing ones left out."""

    def rows(group: list[int]) -> list[tuple[int, int, int]]:
        found = Post.objects.filter(id__in=group)
        return list(found.values_list("id", "author_id", "audience"))

    lists = querysets.from_each(post_ids, rows)
    return {pk: (author, audience) for found in lists for pk, author, audience in found}


def _followed(author_ids: Iterable[int], viewer_id: int) -> set[int]:
    home = directory.shard_of_id(viewer_id)
    return {
        author_id
        for author_id in sorted(author_ids)
        if harvest.part(home, lambda a=author_id: follows.is_following(viewer_id, a), False)  # type: ignore[misc]
    }


@cached_many("posts.named", tags=lambda post_id: [f"posts.named:{post_id}"])
@hot("posts.named", lambda shard: given(samples.post_ids(shard)))
def named_in(post_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Return the accounts that posts name, as they were stored with them; left out where none."""
    found: dict[int, tuple[int, ...]] = {}

    def rows(group: list[int]) -> list[tuple[int, int]]:
        return list(Named.objects.filter(post_id__in=group).values_list("post_id", "account_id"))

    for group in querysets.from_each(post_ids, rows):
        for post_id, account_id in group:
            found[post_id] = (*found.get(post_id, ()), account_id)
    return found
