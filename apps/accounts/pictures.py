"""Profile pictures: decoded, bounded, cropped to a square and encoded anew."""

import io
import secrets
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.accounts.errors import BadPicture

MOST_BYTES = 5 * 2**20
MOST_PIXELS = 40_000_000
SIDE = 256
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def store(account_id: int, upload: BinaryIO) -> str:
    """Keep an uploaded picture; returns its name in the storage. Raises BadPicture.

    What is stored is encoded by us from the pixels alone: no metadata, no trailing bytes.
    """
    data = upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BadPicture(f"This picture has more than {MOST_BYTES >> 20} MB. Choose a smaller one.")
    buffer = io.BytesIO()
    _square(data).save(buffer, "WEBP", quality=82, method=4)
    name = f"pictures/{account_id}-{secrets.token_hex(6)}.webp"
    return str(default_storage.save(name, ContentFile(buffer.getvalue())))


def discard(name: str, *, unless: str) -> None:
    """Remove a picture that is no longer shown."""
    if name and name != unless:
        default_storage.delete(name)


def _square(data: bytes) -> Image.Image:
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise BadPicture("This picture has more than 40 megapixels. Choose a smaller one.")
        image = ImageOps.exif_transpose(image)
        return ImageOps.fit(image.convert("RGB"), (SIDE, SIDE))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadPicture("This file is not a JPEG, PNG, WebP or GIF picture.") from error
