"""The facts that pictures announces."""

from dataclasses import dataclass

from apps.events.registry import Event


@dataclass(frozen=True)
class PictureStored(Event):
    """A picture is there, and has no thumbnail yet."""

    topic = "pictures.picture-stored.v1"
    key_field = "author_id"
    in_order = False

    picture_id: int
    author_id: int


@dataclass(frozen=True)
class PicturesDropped(Event):
    """The rows of pictures are gone; their files are not needed any more."""

    topic = "pictures.pictures-dropped.v1"
    key_field = "author_id"
    in_order = False

    author_id: int
    names: list[str]
