"""What becomes of the files of pictures."""

from apps.events.registry import subscriber
from apps.pictures import files, services
from apps.pictures.events import PicturesDropped, PictureStored


@subscriber(PictureStored)
def make_thumbnail(event: PictureStored, event_id: int) -> None:
    """Make a thumbnail; a second time there is one."""
    services.make_thumbnail(event.picture_id)


@subscriber(PicturesDropped)
def remove_files(event: PicturesDropped, event_id: int) -> None:
    """Remove files; a second time there are none."""
    files.remove(event.names)
