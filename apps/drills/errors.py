"""The refusals of drills."""


class DrillError(Exception):
    """A drill cannot be held here; the text says what to do."""
