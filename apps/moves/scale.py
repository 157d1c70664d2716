"""How far servers are from their shares by several measures, and what evens most. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

# A server may be this part of its share away from it.
TOLERANCE = 0.04


class Carried(NamedTuple):
    """A bucket, and the server that it goes to."""

    bucket: int
    target: str


class Scale:
    """Servers with their loads: the deviation of each from its share, by each measure."""

    def __init__(
        self, homes: Sequence[str], measured: Sequence[Mapping[int, float]], shards: Sequence[str]
    ) -> None:
        self.homes, self.shards = list(homes), sorted(shards)
        # Of each bucket, what part of one server's share it is.
        self.parts = [
            tuple(one.get(bucket, 0.0) * len(shards) for one in measured)
            for bucket in range(len(homes))
        ]
        self.off = {shard: [-1.0] * len(measured) for shard in shards}
        for bucket, home in enumerate(homes):
            if home in self.off:
                self._add(home, self.parts[bucket], 1)

    def lightest(self) -> str:
        """Return the server that has least, all measures together."""
        return min(self.shards, key=lambda shard: sum(self.off[shard]))

    def carry(self, bucket: int, target: str) -> None:
        """Put a bucket on another server."""
        if (home := self.homes[bucket]) in self.off:
            self._add(home, self.parts[bucket], -1)
        self._add(target, self.parts[bucket], 1)
        self.homes[bucket] = target

    def best(self) -> Carried | None:
        """Return what evens most between the two servers that differ most; None at the end."""
        if max(abs(one) for off in self.off.values() for one in off) <= TOLERANCE:
            return None
        found = [self._between(*ways) for ways in self._ways()]
        gain, carried = max(found, default=(0.0, None))
        return carried if gain > 1e-9 else None

    def _ways(self) -> list[tuple[str, str]]:
        """Return from where to where: by each measure, from who has most of it to who has least."""
        found = set()
        for at in range(len(next(iter(self.off.values())))):
            order = sorted(self.shards, key=lambda shard, at=at: self.off[shard][at])  # type: ignore[misc]
            found.add((order[-1], order[0]))
        return sorted(way for way in found if way[0] != way[1])

    def _between(self, source: str, target: str) -> tuple[float, Carried | None]:
        off = tuple(zip(self.off[source], self.off[target], strict=True))
        found = (
            (_gain(off, self.parts[bucket]), -bucket)
            for bucket, home in enumerate(self.homes)
            if home == source
        )
        gain, bucket = max(found, default=(0.0, 0))
        return gain, Carried(-bucket, target)

    def _add(self, shard: str, part: Sequence[float], sign: int) -> None:
        self.off[shard] = [off + sign * one for off, one in zip(self.off[shard], part, strict=True)]


def _gain(off: Sequence[tuple[float, float]], part: Sequence[float]) -> float:
    """Return by how much the squares of two servers' deviations shrink when a bucket goes over."""
    # s² + t² - (s - p)² - (t + p)² = 2p (s - t - p)
    return sum(
        2 * one * (source - target - one) for (source, target), one in zip(off, part, strict=True)
    )
