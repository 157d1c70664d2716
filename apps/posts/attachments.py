"""The pictures of the composer: files that come with the form, and those that came before it."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple, cast

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from apps.pictures import selectors
from apps.pictures import services as pictures
from apps.pictures.errors import PictureRefused
from apps.pictures.services import MIDDLE, MOST_OF_A_POST, Focus

LARGEST_ID = 2**63 - 1


class Gathered(NamedTuple):
    """Pictures for a post, and why one of those that were sent is not among them."""

    ids: list[int]
    refused: str = ""


def gather(
    author_id: int, fields: Mapping[str, str], files: MultiValueDict[str, UploadedFile]
) -> Gathered:
    """Keep what was sent with the form, and take what is said of each picture.

    What is kept stays so when the form comes back: nobody sends a file twice.
    """
    before = [pk for pk in ids_in(fields.get("pictures", "")) if f"drop_{pk}" not in fields]
    for card in selectors.unposted(before, author_id=author_id) if before else ():
        alt = fields.get(f"alt_{card.id}", card.alt)
        focus = focus_in(fields.get(f"focus_{card.id}", "")) or Focus(card.focus_x, card.focus_y)
        if (alt, *focus) != (card.alt, card.focus_x, card.focus_y):
            pictures.describe(author_id=author_id, picture_id=card.id, alt=alt, focus=focus)
    return _with_files(author_id, before, list(_sent(fields, files)))


def ids_in(text: str) -> list[int]:
    """Return the ids in `1,2,3`; what is none is left out."""
    words = [word.strip() for word in text.split(",")]
    numbers = (int(word) for word in words if word.isascii() and word.isdecimal())
    return list(dict.fromkeys(number for number in numbers if 0 < number <= LARGEST_ID))


def focus_in(text: str) -> Focus | None:
    """Return the place in `0.5,-1`, None where there is none."""
    try:
        x, y = (float(word) for word in text.split(","))
    except ValueError:
        return None
    return Focus(x, y) if abs(x) <= 1 and abs(y) <= 1 else None


def _sent(
    fields: Mapping[str, str], files: MultiValueDict[str, UploadedFile]
) -> Iterator[tuple[BinaryIO, str]]:
    for number in range(1, MOST_OF_A_POST + 1):
        if upload := files.get(f"file_{number}"):
            yield cast(BinaryIO, upload), fields.get(f"new_alt_{number}", "")


def _with_files(author_id: int, ids: list[int], sent: list[tuple[BinaryIO, str]]) -> Gathered:
    found = list(ids)
    try:
        pictures.checked([*ids, *(-number for number, _ in enumerate(sent, 1))])
        for upload, alt in sent:
            found.append(
                pictures.store(author_id=author_id, upload=upload, alt=alt, focus=MIDDLE).pk
            )
    except PictureRefused as error:
        return Gathered(found, str(error))
    return Gathered(found)
