"""The refusals that moderation makes."""

from django.utils.translation import gettext as _

from apps.kernel.errors import RookeryError


class AlreadyReported(RookeryError):
    """Somebody reports the same thing twice."""

    def __init__(self) -> None:
        super().__init__(_("You have reported this already. The moderators know."))


class Oneself(RookeryError):
    """Somebody reports, mutes or blocks himself."""

    def __init__(self) -> None:
        super().__init__(_("This is you. Choose somebody else."))


class AlreadyDecided(RookeryError):
    """Two moderators are at the same case or appeal."""

    def __init__(self) -> None:
        super().__init__("Somebody has decided this meanwhile. Load the page again to see how.")


class NotFitting(RookeryError):
    """A verdict that says nothing about a case of this kind."""

    def __init__(self, verdict: str) -> None:
        super().__init__(f"“{verdict}” cannot be decided here. Choose one of the verdicts offered.")


class NoAppeal(RookeryError):
    """An action that cannot be appealed, or was already."""

    def __init__(self) -> None:
        super().__init__(
            _("This cannot be appealed (any more). Your appeal stands if you made one.")
        )
