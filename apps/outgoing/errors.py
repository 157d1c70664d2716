"""The refusals of outgoing."""

from apps.kernel.errors import RookeryError


class NotAllowed(RookeryError):
    """An address that must not be asked: asking again changes nothing."""


class Unwanted(RookeryError):
    """A server answered with something else than was asked for."""

    def __init__(self, host: str, got: str) -> None:
        super().__init__(f"{host} answered with {got[:100]!r}, which is of no use here.")


class Unreachable(RookeryError):
    """A server does not answer, or breaks off: it may later."""

    def __init__(self, host: str, reason: object) -> None:
        super().__init__(f"{host} does not answer: {reason}. Try again later.")
