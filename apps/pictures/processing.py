"""Pictures from outside, decoded within bounds and encoded anew. Bytes in, bytes out."""

import io
from threading import Lock
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from apps.pictures.errors import PictureRefused

MOST_BYTES = 16 * 2**20
MOST_PIXELS = 40_000_000
# What is shown full, and what is shown in a list: the longer side.
FULL, SMALL = 2560, 640
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 82
# Modes that are scaled as they are; in others neighbours are not alike in colour.
EVEN = ("L", "LA", "RGB", "RGBA", "CMYK")
# One at a time in a process: the largest takes some 400 MB while it is decoded.
_decoding = Lock()
# Pillow's names of everything that a broken or a malicious file makes it say.
BROKEN = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    OSError,
    SyntaxError,
    ValueError,
    OverflowError,
)


class Encoded(NamedTuple):
    """A picture as WebP, and its size in pixels."""

    data: bytes
    width: int
    height: int


def full(upload: BinaryIO) -> Encoded:
    """Return an uploaded picture as it is kept. Raises PictureRefused.

    It stands upright, is at most 2560 pixels long, and holds pixels alone: no place, no camera.
    """
    data = _read(upload, MOST_BYTES)
    with _decoding:
        return _encoded(_within(data, FULL))


def small(stored: BinaryIO) -> Encoded:
    """Return the thumbnail of a picture that is kept. Raises PictureRefused."""
    with _decoding:
        return _encoded(_within(stored.read(), SMALL))


def square(upload: BinaryIO, side: int, most_bytes: int) -> Encoded:
    """Return the middle of an uploaded picture as a square. Raises PictureRefused."""
    data = _read(upload, most_bytes)
    with _decoding:
        return _encoded(ImageOps.fit(_within(data, FULL), (side, side)))


def thumbnail_size(width: int, height: int) -> tuple[int, int]:
    """Return the size of a picture's thumbnail."""
    scale = min(1.0, SMALL / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _read(upload: BinaryIO, most: int) -> bytes:
    data = upload.read(most + 1)
    if len(data) > most:
        reason = _("This picture has more than %(number)d MB. Choose a smaller one.")
        raise PictureRefused(reason % {"number": most >> 20})
    return data


def _within(data: bytes, most: int) -> Image.Image:
    """Return a picture upright, its longer side at most so many pixels."""
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise PictureRefused(
                _("This picture has more than 40 megapixels. Choose a smaller one.")
            )
        # A JPEG is decoded at half or a quarter of its size where that is enough.
        image.draft("RGB", (most, most))
        return _coloured(ImageOps.exif_transpose(_scaled(_even(image), most)))
    except BROKEN as error:
        raise PictureRefused(_("This file is not a JPEG, PNG, WebP or GIF picture.")) from error


def _even(image: Image.Image) -> Image.Image:
    return image if image.mode in EVEN else image.convert(_mode(image))


def _coloured(image: Image.Image) -> Image.Image:
    """Return a picture in the colours of the web, with nothing but pixels."""
    plain = _by_profile(image).convert(_mode(image))
    plain.info = {}
    return plain


def _by_profile(image: Image.Image) -> Image.Image:
    """Return a picture in sRGB; a profile that cannot be read is left out, as browsers do."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        here = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        there = ImageCms.createProfile("sRGB")
        changed = ImageCms.profileToProfile(image, here, there, outputMode=_mode(image))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return changed or image


def _mode(image: Image.Image) -> str:
    return "RGBA" if image.has_transparency_data else "RGB"


def _scaled(image: Image.Image, most: int) -> Image.Image:
    scale = min(1.0, most / max(image.size))
    if scale == 1.0:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(image: Image.Image) -> Encoded:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=2)
    return Encoded(buffer.getvalue(), image.width, image.height)
