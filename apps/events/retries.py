"""When a failed delivery is tried again. Pure."""

from datetime import timedelta

# With these a delivery is tried for about five minutes: 1, 2, 4, … seconds apart.
MOST_ATTEMPTS = 9
FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=2)


def pause(attempts: int, jitter: float) -> timedelta:
    """Return how long to wait after so many failed attempts.

    `jitter`, 0 to 1, takes up to half of it away, so that what failed together comes back apart.
    """
    whole: timedelta = min(FIRST * 2 ** (attempts - 1), LONGEST)
    return whole * (1 - jitter / 2)


def is_over(attempts: int) -> bool:
    """Tell whether to give up after so many failed attempts."""
    return attempts >= MOST_ATTEMPTS
