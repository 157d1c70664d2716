"""Percentiles of single values: none is rounded, merged or guessed."""

import math
from collections.abc import Sequence

SHOWN = {"p50": 0.5, "p99": 0.99, "p999": 0.999}


def nearest_rank(ascending: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of all do not exceed; 0 where there are none.

    With fewer than 1,000 values, p99.9 is the greatest one: one slow answer decides.
    """
    if not ascending:
        return 0.0
    # 0.999 * 1000 is a little over 999 in binary; that must not be the 1,000th value.
    rank = math.ceil(round(share * len(ascending), 9))
    return ascending[max(rank, 1) - 1]


def in_ms(ascending: Sequence[float]) -> dict[str, float]:
    """Return the percentiles that are shown, in milliseconds."""
    return {name: 1000 * nearest_rank(ascending, share) for name, share in SHOWN.items()}
