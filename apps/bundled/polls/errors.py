"""The refusals that polls makes; what apps may be told is in the words that they know."""

from django.utils.translation import gettext as _

from apps.kernel.errors import RookeryError
from apps.posts.errors import TextRefused


class PollRefused(TextRefused):
    """What cannot be a poll: its draft comes back with the reason."""


class NothingChosen(RookeryError):
    """A vote for none of the options."""

    def __init__(self) -> None:
        super().__init__(_("Choose an option first."))


class NoSuchOption(RookeryError):
    """A vote for an option that is not there, or for several where one is asked for."""

    def __init__(self) -> None:
        super().__init__(_("The chosen vote option does not exist"))


class AlreadyVoted(RookeryError):
    """An account votes a second time."""

    def __init__(self) -> None:
        super().__init__(_("You have already voted on this poll"))


class PollOver(RookeryError):
    """A vote after the end."""

    def __init__(self) -> None:
        super().__init__(_("The poll has already ended"))


class OwnPoll(RookeryError):
    """Who asks votes himself."""

    def __init__(self) -> None:
        super().__init__(_("You cannot vote in your own polls"))
