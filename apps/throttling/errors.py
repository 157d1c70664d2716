"""The refusal of throttling."""

import math

from apps.kernel.errors import RookeryError


class TooMany(RookeryError):
    """Somebody does something too often; `wait` is the seconds until it may be done again."""

    def __init__(self, limit: str, wait: float) -> None:
        self.limit = limit
        self.wait = max(1, math.ceil(wait))
        super().__init__(f"That was too often. Try again in {_spoken(self.wait)}.")


def _spoken(seconds: int) -> str:
    number, unit = (seconds, "second") if seconds < 90 else (math.ceil(seconds / 60), "minute")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
