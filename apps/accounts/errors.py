"""The refusals that accounts makes."""

from django.utils.translation import gettext as _

from apps.kernel.errors import RookeryError


class NameTaken(RookeryError):
    """A username or an e-mail address that somebody else has."""

    def __init__(self, field: str) -> None:
        self.field = field
        said = {
            "username": _("This username is taken. Choose another one."),
            "email": _("This e-mail address is taken. Choose another one."),
        }
        super().__init__(said[field])


class NoSuchAccount(RookeryError):
    """Nobody has this username."""

    def __init__(self, username: str) -> None:
        super().__init__(
            _("There is no account @%(name)s. Look at the spelling.") % {"name": username}
        )


class NotAllowed(RookeryError):
    """An account may not do what it was about to do."""


class SignInRefused(RookeryError):
    """An account may not sign in; `url`, if there is one, is where it can say something to that."""

    def __init__(self, reason: str, url: str = "", link: str = "") -> None:
        super().__init__(reason)
        self.url, self.link = url, link
