"""The refusals that accounts makes."""

from apps.kernel.errors import RookeryError


class NameTaken(RookeryError):
    """A username or an e-mail address that somebody else has."""

    def __init__(self, field: str) -> None:
        self.field = field
        label = {"username": "username", "email": "e-mail address"}[field]
        super().__init__(f"This {label} is taken. Choose another one.")


class NoSuchAccount(RookeryError):
    """Nobody has this username."""

    def __init__(self, username: str) -> None:
        super().__init__(f"There is no account @{username}. Look at the spelling.")


class BadPicture(RookeryError):
    """A file that is no picture, or too large a one."""


class NotAllowed(RookeryError):
    """An account may not do what it was about to do."""


class SignInRefused(RookeryError):
    """An account may not sign in; `url`, if there is one, is where it can say something to that."""

    def __init__(self, reason: str, url: str = "", link: str = "") -> None:
        super().__init__(reason)
        self.url, self.link = url, link
