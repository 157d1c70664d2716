"""Which buckets to move so that every server has its share: the fewest that do. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from apps.moves.scale import Scale
from apps.sharding.ids import BUCKETS


class Planned(NamedTuple):
    """Buckets that go from one server to another, together."""

    source: str
    target: str
    buckets: tuple[int, ...]

    def __str__(self) -> str:
        return f"{len(self.buckets)} buckets from {self.source} to {self.target}"


def measures(*given: Mapping[int, float]) -> list[dict[int, float]]:
    """Return the share of each bucket in the whole, for each measure of which something is known.

    A measure is a number for each bucket: rows, or writes. Where nothing is known of any of them
    each bucket counts the same.
    """
    known = [
        {bucket: value / total for bucket, value in one.items()}
        for one in given
        if (total := sum(one.values()))
    ]
    return known or [dict.fromkeys(range(BUCKETS), 1 / BUCKETS)]


def evenly(
    homes: Sequence[str],
    measured: Sequence[Mapping[int, float]],
    shards: Sequence[str],
    most: int = 32,
) -> list[Planned]:
    """Return the moves that bring every one of `shards` close to its share by every measure.

    `homes` is the server of each bucket. A server that is not among `shards` is emptied. Then, of
    all buckets, the one goes from the heaviest server to the lightest that evens most, until all
    are close or nothing evens any more. At most `most` buckets go together.
    """
    scale = Scale(homes, measured, shards)
    for bucket, home in enumerate(homes):
        if home not in shards:
            scale.carry(bucket, scale.lightest())
    while (step := scale.best()) is not None:
        scale.carry(*step)
    goes: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for bucket, way in enumerate(zip(homes, scale.homes, strict=True)):
        if way[0] != way[1]:
            goes[way].append(bucket)
    return [
        Planned(source, target, tuple(buckets[at : at + most]))
        for (source, target), buckets in sorted(goes.items())
        for at in range(0, len(buckets), most)
    ]


def after(homes: Sequence[str], plan: Sequence[Planned]) -> list[str]:
    """Return the server of each bucket once a plan is done."""
    found = list(homes)
    for planned in plan:
        for bucket in planned.buckets:
            found[bucket] = planned.target
    return found


def shares(homes: Sequence[str], measure: Mapping[int, float]) -> dict[str, float]:
    """Return each server's part of the whole."""
    found: defaultdict[str, float] = defaultdict(float)
    for bucket, home in enumerate(homes):
        found[home] += measure.get(bucket, 0.0)
    return dict(found)
