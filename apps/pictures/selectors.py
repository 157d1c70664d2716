"""Every read of pictures that others need."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files import File

from apps.caching.queries import cached_many
from apps.indexing.hot import hot
from apps.pictures import files, processing, samples
from apps.pictures.errors import NoSuchPicture
from apps.pictures.models import Picture, State
from apps.replication import scopes
from apps.sharding import querysets


@dataclass(frozen=True)
class PictureCard:
    """A picture as pages show it. Its thumbnail is made a moment after it is stored."""

    id: int
    name: str
    alt: str
    focus_x: float
    focus_y: float
    width: int
    height: int
    has_thumbnail: bool

    @property
    def url(self) -> str:
        """The address of the picture."""
        return files.storage().url(self.name)

    @property
    def small_url(self) -> str:
        """The address of the thumbnail; of the picture itself until there is one."""
        name = files.small_name(self.name) if self.has_thumbnail else self.name
        return files.storage().url(name)

    @property
    def small_size(self) -> tuple[int, int]:
        """The width and the height of the thumbnail."""
        return processing.thumbnail_size(self.width, self.height)

    @property
    def across(self) -> int:
        """What stays in sight where the sides are cut: 0 (left) to 10 (right)."""
        return round((self.focus_x + 1) * 5)

    @property
    def down(self) -> int:
        """What stays in sight where top and bottom are cut: 0 (top) to 10 (bottom)."""
        return round((1 - self.focus_y) * 5)


@cached_many("pictures.of_posts", tags=lambda post_id: [f"pictures.post:{post_id}"])
@hot("pictures.of_posts", samples.post_ids, most=80, why="A post has at most four pictures.")
def of_posts(post_ids: Sequence[int]) -> dict[int, tuple[PictureCard, ...]]:
    """Return pictures by the post that they are in, with one query a shard."""

    def rows(group: list[int]) -> list[Picture]:
        return list(Picture.objects.filter(post_id__in=group).order_by("post_id", "place"))

    found: defaultdict[int, tuple[PictureCard, ...]] = defaultdict(tuple)
    for group in querysets.from_each(post_ids, rows):
        for row in group:
            if row.post_id is not None:
                found[row.post_id] += (card(row),)
    return dict(found)


def unposted(picture_ids: Sequence[int], *, author_id: int) -> list[PictureCard]:
    """Return an account's pictures that wait to be posted, in the given order, by the primary."""
    wanted: dict[str, Any] = {"author_id": author_id, "post_id": None, "state__gte": State.STORED}
    with scopes.primary():
        rows = {row.pk: row for row in Picture.objects.filter(id__in=picture_ids, **wanted)}
    return [card(rows[pk]) for pk in picture_ids if pk in rows]


def mine(picture_id: int, *, author_id: int) -> PictureCard:
    """Return an account's picture, by the primary; raises NoSuchPicture."""
    with scopes.primary():
        row = Picture.objects.filter(
            id=picture_id, author_id=author_id, state__gte=State.STORED
        ).first()
    if row is None:
        raise NoSuchPicture
    return card(row)


def opened(picture: PictureCard) -> File:  # type: ignore[type-arg]
    """Return the open file of a picture; raises FileNotFoundError."""
    return files.storage().open(picture.name)


def card(row: Picture) -> PictureCard:
    """Return what pages show of a stored picture."""
    return PictureCard(
        row.pk,
        row.name,
        row.alt,
        row.focus_x,
        row.focus_y,
        row.width,
        row.height,
        row.state == State.READY,
    )
