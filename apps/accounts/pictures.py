"""Profile pictures: squares, made of what is uploaded as pictures of posts are."""

import secrets
from typing import BinaryIO

from django.core.files.base import ContentFile

from apps.pictures import files, processing

MOST_BYTES = 5 * 2**20
SIDE = 256


def store(account_id: int, upload: BinaryIO) -> str:
    """Keep an uploaded picture; returns its name in the storage. Raises PictureRefused."""
    encoded = processing.square(upload, SIDE, MOST_BYTES)
    name = f"pictures/{account_id}-{secrets.token_hex(6)}.webp"
    return str(files.storage().save(name, ContentFile(encoded.data)))


def discard(name: str, *, unless: str) -> None:
    """Remove a picture that is no longer shown."""
    if name and name != unless:
        files.storage().delete(name)
