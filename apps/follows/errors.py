"""The refusals that follows makes."""

from django.utils.translation import gettext as _

from apps.kernel.errors import RookeryError


class FollowingOneself(RookeryError):
    """Nobody follows himself."""

    def __init__(self) -> None:
        super().__init__(_("You see your own posts anyway: follow somebody else."))
