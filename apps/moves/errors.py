"""The refusals of moving buckets."""

from apps.kernel.errors import RookeryError


class NotMovable(RookeryError):
    """A move that cannot end well is not begun, or goes no further."""


class FenceLapsed(RookeryError):
    """The fence ended before the last rows were there; nothing has been lost, try it again."""

    def __init__(self) -> None:
        super().__init__("The last rows took longer than the fence may stand. It is tried again.")


class NoSuchMove(RookeryError):
    """There is no move of that number, or none that can be taken up."""
