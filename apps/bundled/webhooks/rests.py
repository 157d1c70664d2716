"""How long a webhook that fails is left alone, and when it is given up. Pure functions."""

from datetime import datetime, timedelta

LONGEST = timedelta(minutes=1)
OFF_AFTER = timedelta(days=1)
# A webhook of a quiet topic is not given up for two bad moments a day apart.
OFF_AFTER_FAILURES = 10


def rest(failures: int) -> timedelta:
    """Return how long nobody asks after so many failures in a row."""
    return min(timedelta(seconds=2 ** min(failures, 10)) / 2, LONGEST)


def is_over(failures: int, since: datetime, now: datetime) -> bool:
    """Tell whether to give up a webhook that has failed so often since then."""
    return failures >= OFF_AFTER_FAILURES and now - since >= OFF_AFTER
