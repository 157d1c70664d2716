"""The pictures of an archive: what is said of them, and their files in its zip."""

import io
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from apps.archives.attachments import Attached
from apps.pictures import processing, selectors, services
from apps.pictures.errors import PictureRefused
from apps.pictures.selectors import PictureCard
from apps.pictures.services import Focus

FOLDER = "media_attachments/files"
KIND = "image/webp"
# What a zip says that lies, is cut, or is locked.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)


def document(card: PictureCard) -> dict[str, Any]:
    """Return what an archive says of a picture."""
    return {
        "type": "Document",
        "mediaType": KIND,
        "url": path_of(card),
        "name": card.alt or None,
        "focalPoint": [card.focus_x, card.focus_y],
        "width": card.width,
        "height": card.height,
    }


def path_of(card: PictureCard) -> str:
    """Return where the file of a picture is in an archive."""
    return f"{FOLDER}/{card.id}.webp"


def write(archive: zipfile.ZipFile, card: PictureCard) -> None:
    """Copy a picture's file into an archive piece by piece; one that is gone is left out."""
    try:
        stored = selectors.opened(card)
    except FileNotFoundError:
        return
    # WebP packs no further.
    with stored, archive.open(zipfile.ZipInfo(path_of(card)), "w", force_zip64=True) as member:
        shutil.copyfileobj(stored, member)


class Shelf:
    """The files of an archive, which it lets out only within the bounds of an upload."""

    def __init__(self, archive: zipfile.ZipFile | None, root: PurePosixPath) -> None:
        self.archive, self.root = archive, root

    def store(self, attached: Attached, *, author_id: int) -> int:
        """Keep a picture as if it were uploaded; returns its id, raises PictureRefused."""
        upload = io.BytesIO(self._bytes(attached.path))
        focus = Focus(*attached.focus)
        picture = services.store(author_id=author_id, upload=upload, alt=attached.alt, focus=focus)
        return int(picture.pk)

    def _bytes(self, path: str) -> bytes:
        """Return a file, or as much of it as shows that it is too large."""
        if self.archive is None:
            raise PictureRefused("Pictures are read from zip files alone.")
        try:
            member = self.archive.getinfo(str(self.root / path.lstrip("/")))
            with self.archive.open(member) as stream:
                return stream.read(processing.MOST_BYTES + 1)
        except KeyError:
            raise PictureRefused("There is no such file in the archive.") from None
        except BROKEN as error:
            raise PictureRefused("This file of the archive cannot be read.") from error


@contextmanager
def shelf(path: Path, outbox: str) -> Iterator[Shelf]:
    """Open the files beside an archive's outbox; one that is no zip has none."""
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN:
        yield Shelf(None, PurePosixPath())
        return
    with archive:
        names = (name for name in archive.namelist() if PurePosixPath(name).name == outbox)
        yield Shelf(archive, PurePosixPath(next(names, outbox)).parent)
