"""Ids in addresses."""

from apps.kernel.cursors import LARGEST_ID


class Id:
    """A number that can be an id; any other is no address."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        """Return the id; raises ValueError."""
        found = int(value)
        if found > LARGEST_ID:
            raise ValueError(value)
        return found

    def to_url(self, value: int) -> str:
        """Return the id as text."""
        return str(value)
