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
