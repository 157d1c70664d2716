"""Every write to pictures."""

import io
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import BinaryIO, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.events import outbox
from apps.pictures import files, processing
from apps.pictures.errors import NoSuchPicture, PictureRefused
from apps.pictures.events import PicturesDropped, PictureStored
from apps.pictures.models import Picture, State
from apps.replication import scopes
from apps.sharding import directory, ids, shards

MOST_OF_A_POST = 4
LONGEST_ALT = 1500
# A picture that nobody posts in so long is removed.
KEPT_UNPOSTED = timedelta(hours=24)
SWEPT_AT_ONCE = 500


class Focus(NamedTuple):
    """What must stay in sight where a picture is cut; -1 to 1, its middle is 0, 0."""

    x: float = 0.0
    y: float = 0.0


MIDDLE = Focus()


def store(*, author_id: int, upload: BinaryIO, alt: str = "", focus: Focus = MIDDLE) -> Picture:
    """Keep an uploaded picture, to be posted within a day. Raises PictureRefused.

    The row is there before the file and says so: where the process ends in between, the sweep
    removes both.
    """
    encoded = processing.full(upload)
    picture = Picture(
        author_id=author_id,
        name=files.new_name(),
        width=encoded.width,
        height=encoded.height,
        bytes=len(encoded.data),
        **_described(alt, focus),
    )
    with shards.atomic_for(author_id):
        picture.save(force_insert=True)
    files.write(picture.name, encoded.data)
    with shards.atomic_for(author_id):
        Picture.objects.filter(id=picture.pk).update(state=State.STORED)
        outbox.record(PictureStored(picture_id=picture.pk, author_id=author_id))
    picture.state = State.STORED
    return picture


def describe(*, author_id: int, picture_id: int, alt: str, focus: Focus) -> None:
    """Say what a picture shows, for who does not see it, and where. Raises NoSuchPicture."""
    with shards.atomic_for(author_id):
        mine = Picture.objects.filter(id=picture_id, author_id=author_id)
        if not mine.update(**_described(alt, focus)):
            raise NoSuchPicture


def attach(*, author_id: int, post_id: int, picture_ids: Sequence[int]) -> None:
    """Put pictures into a post, in the transaction that stores it. Raises NoSuchPicture."""
    wanted = checked(picture_ids)
    if not wanted:
        return
    shards.require("Attaching a picture")
    free = Picture.objects.filter(
        id__in=wanted, author_id=author_id, post_id=None, state__gte=State.STORED
    )
    found = {row.pk: row for row in free.select_for_update()}
    if len(found) < len(wanted):
        raise NoSuchPicture
    for place, pk in enumerate(wanted):
        Picture.objects.filter(id=pk).update(post_id=post_id, place=place)


def checked(picture_ids: Collection[int]) -> list[int]:
    """Return ids without those that are named twice. Raises PictureRefused of too many."""
    wanted = list(dict.fromkeys(picture_ids))
    if len(wanted) > MOST_OF_A_POST:
        reason = _("A post has at most %(number)d pictures. Leave some out.")
        raise PictureRefused(reason % {"number": MOST_OF_A_POST})
    return wanted


def drop_of(*, author_id: int, post_id: int) -> None:
    """Remove the pictures of a post that is being deleted, in its transaction."""
    _drop(author_id, Picture.objects.filter(post_id=post_id, author_id=author_id))


def drop_all(*, author_id: int) -> int:
    """Remove all pictures of an account that is deleted; returns how many there were."""
    with shards.atomic_for(author_id):
        return _drop(author_id, Picture.objects.filter(author_id=author_id))


def hold(*, author_id: int, picture_ids: Collection[int]) -> int:
    """Keep pictures for a draft that is published later, or not; returns how many are there."""
    with shards.atomic_for(author_id):
        return _unposted(author_id, picture_ids).update(held=True)


def discard(*, author_id: int, picture_ids: Collection[int]) -> int:
    """Remove pictures that were not posted; returns how many there were."""
    with shards.atomic_for(author_id):
        return _drop(author_id, _unposted(author_id, picture_ids))


def make_thumbnail(picture_id: int) -> None:
    """Make the thumbnail of a picture; nothing happens where it is gone or has one."""
    with scopes.primary():
        picture = Picture.objects.filter(id=picture_id, state=State.STORED).first()
    if picture is None:
        return
    with files.storage().open(picture.name) as stored:
        encoded = processing.small(io.BytesIO(stored.read()))
    files.write(files.small_name(picture.name), encoded.data)
    with shards.atomic_for(picture.author_id):
        rows = Picture.objects.filter(id=picture_id)
        is_there = rows.update(state=State.READY)
    if not is_there:
        # Dropped meanwhile: nobody else knows of this file.
        files.remove([picture.name])


def sweep(shard: str, *, now: datetime) -> int:
    """Remove pictures of a shard that nobody has posted in a day; returns how many."""
    before = ids.first_at(now - KEPT_UNPOSTED)
    with scopes.primary():
        old = (
            Picture.objects.on(shard).filter(post_id=None, held=False, id__lt=before).order_by("id")
        )
        found = list(old.values_list("id", "author_id")[:SWEPT_AT_ONCE])
    mine = [row for row in found if directory.shard_of_id(row[1]) == shard]
    return sum(_swept(*row) for row in mine)


def _swept(picture_id: int, author_id: int) -> int:
    with shards.atomic_for(author_id):
        return _drop(author_id, _unposted(author_id, [picture_id]).filter(held=False))


def _unposted(author_id: int, picture_ids: Collection[int]) -> QuerySet[Picture]:
    return Picture.objects.filter(id__in=list(picture_ids), author_id=author_id, post_id=None)


def _drop(author_id: int, rows: QuerySet[Picture]) -> int:
    names = {row.pk: row.name for row in rows.select_for_update()}
    if names:
        Picture.objects.filter(id__in=list(names)).delete()
        outbox.record(PicturesDropped(author_id=author_id, names=sorted(names.values())))
    return len(names)


def _described(alt: str, focus: Focus) -> dict[str, str | float]:
    x, y = (max(-1.0, min(1.0, value)) for value in focus)
    return {"alt": " ".join(alt.split())[:LONGEST_ALT], "focus_x": x, "focus_y": y}
