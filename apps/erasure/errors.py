"""The refusals that erasure makes."""

from django.utils.translation import gettext as _

from apps.kernel.errors import RookeryError


class NotConfirmed(RookeryError):
    """The name or the password that confirms a deletion is not right."""

    def __init__(self, field: str) -> None:
        self.field = field
        said = {
            "username": _("This is not your username. Type it as it is shown above."),
            "password": _("This is not your password. Try again."),
        }
        super().__init__(said[field])


class SliceOver(RookeryError):
    """A worker has had a deletion for long enough: another slice of it is for the next task."""


class NoSuchReceipt(RookeryError):
    """No deletion has this token."""

    def __init__(self) -> None:
        super().__init__(_("There is no such receipt. Look at the whole address."))
