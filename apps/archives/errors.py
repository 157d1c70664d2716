"""The refusals that archives makes."""

from apps.kernel.errors import RookeryError


class UnreadableArchive(RookeryError):
    """A file that is no archive, or that ends or breaks before its end."""
