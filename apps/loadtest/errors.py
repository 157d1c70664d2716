"""What a load test refuses to begin."""

from apps.kernel.errors import RookeryError


class CannotRun(RookeryError):
    """The test cannot be run as asked; the text says what to do."""
