"""The refusals that archives makes."""

from django.utils.translation import gettext as _

from apps.kernel.errors import RookeryError


class UnreadableArchive(RookeryError):
    """A file that is no archive, or that ends or breaks before its end."""


class ExportUnderWay(RookeryError):
    """An archive is asked for while one is being made."""

    def __init__(self) -> None:
        super().__init__(_("Your archive is being made already. Look here again in a moment."))


class NoArchive(RookeryError):
    """An account has no archive that could be fetched."""

    def __init__(self) -> None:
        super().__init__(_("There is no archive of yours. Ask for one under “Your data”."))
