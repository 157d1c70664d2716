"""The refusals of search."""

from apps.kernel.errors import RookeryError


class BadSearch(RookeryError):
    """What was asked for cannot be looked for."""


class TooHeavy(RookeryError):
    """A search took longer than it may."""

    def __init__(self) -> None:
        super().__init__(
            "That search took too long. Try a rarer word, or add one; from:name narrows it too."
        )
