"""The refusals that pictures makes."""

from django.utils.translation import gettext as _

from apps.kernel.errors import RookeryError


class PictureRefused(RookeryError):
    """A file that cannot be shown as a picture, or too many of them."""


class NoSuchPicture(RookeryError):
    """No picture of this account, or one that is in another post already."""

    def __init__(self) -> None:
        super().__init__(_("This picture is not there (any more). Choose it again."))
