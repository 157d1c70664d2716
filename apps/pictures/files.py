"""The files of pictures: what they are called, and where they are kept."""

import secrets
from collections.abc import Iterable

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages


def storage() -> Storage:
    """Return where files are kept: a directory, or a bucket of others."""
    return storages["pictures"]


def new_name() -> str:
    """Return a name that nobody guesses; in one of 256 folders."""
    name = secrets.token_hex(16)
    return f"posts/{name[:2]}/{name}.webp"


def small_name(name: str) -> str:
    """Return what the thumbnail of a picture is called."""
    return f"{name.removesuffix('.webp')}-small.webp"


def write(name: str, data: bytes) -> None:
    """Keep a file; one of that name is written over, so twice is as once."""
    storage().delete(name)
    stored = storage().save(name, ContentFile(data))
    if stored != name:
        # Somebody else wrote it meanwhile: the same bytes under the name that was asked for.
        storage().delete(stored)


def remove(names: Iterable[str]) -> None:
    """Remove pictures with their thumbnails; what is gone already is no matter."""
    for name in names:
        storage().delete(name)
        storage().delete(small_name(name))
