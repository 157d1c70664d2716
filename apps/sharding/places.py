"""A place in a list from several shards, which stays right while some of them are away. Pure.

A list goes on below an id. What could not be shown above it, since its shard was away, comes first
on the next page after the shard is back: so long the place keeps the id down to which that shard's
rows were shown. As text: `300`, or `300.shard1-900`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from apps.kernel import cursors
from apps.kernel.cursors import LARGEST_ID
from apps.kernel.errors import BadCursor

T = TypeVar("T")

BEHIND = re.compile(r"([a-z][a-z0-9_]{0,62})-(\d{1,19})\Z")
# How often a walk asks for more: a page whose rows are rare among many is filled by the next.
MOST_STEPS = 10


@dataclass(frozen=True)
class Place:
    """All from `before` on was shown, but not what is below `behind` on a shard of that name."""

    before: int = LARGEST_ID
    behind: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_first(self) -> bool:
        """Whether this is where the list begins."""
        return self.before == LARGEST_ID

    @property
    def highest(self) -> int:
        """The id below which there may be something to show."""
        return max(self.before, *self.behind.values(), 0)

    def of(self, shard: str) -> int:
        """Return the id below which a shard's rows are still to be shown."""
        return max(self.before, self.behind.get(shard, 0))

    def wants(self, row_id: int, shards: Iterable[str]) -> bool:
        """Tell whether a row that needs some shards is still to be shown."""
        return any(row_id < self.of(shard) for shard in shards)

    def without(self, shards: Collection[str]) -> "Place":
        """Return the place for a page that does not ask for what some shards still owe."""
        return replace(self, behind={s: at for s, at in self.behind.items() if s not in shards})

    def below(
        self, reached: int | None, missing: Collection[str], *, since: int = 0
    ) -> "Place | None":
        """Return the place after a page that went down to `reached` (None: to the list's end).

        What needs a shard in `missing` was not shown. Where a row may need several shards, the
        walk began below `since`. None where all was shown.
        """
        if reached is None and not missing:
            return None
        last = reached or 0
        before = min(self.before, last)
        behind = {shard: min(self.of(shard), last) for shard in self.behind}
        behind |= {shard: max(self.of(shard), since) for shard in missing}
        return Place(before, {shard: at for shard, at in behind.items() if at > before})

    def __str__(self) -> str:
        return ".".join([str(self.before), *(f"{s}-{at}" for s, at in sorted(self.behind.items()))])


FIRST = Place()


def below(row_id: int | None) -> Place:
    """Return the place below a row, the first one without."""
    return FIRST if row_id is None else Place(row_id)


def parse(text: str | None) -> Place:
    """Return the place that a cursor names, the first one without; raises BadCursor."""
    if not text:
        return FIRST
    before, *rest = text.split(".")
    pairs = [BEHIND.match(part) for part in rest[:100]]
    if any(pair is None for pair in pairs):
        raise BadCursor(text)
    behind = {pair[1]: cursors.parse(pair[2]) or 0 for pair in pairs if pair}
    return Place(cursors.parse(before) or 0, behind)


def walk(
    place: Place,
    fetch: Callable[[int], Sequence[T]],
    *,
    limit: int,
    key: Callable[[T], int],
    needs: Callable[[T], Iterable[str]],
) -> tuple[list[T], int | None]:
    """Return the next `limit` rows that are still to be shown, and the id that this went down to.

    `fetch` gives the rows below an id, newest first, more than `limit` if there are as many;
    `needs` names the shards that a row is shown from. None is the end of the list.
    """
    found: list[T] = []
    before = place.highest
    for _ in range(MOST_STEPS):
        rows = fetch(before)
        found += [row for row in rows if place.wants(key(row), needs(row))]
        if len(found) > limit:
            return found[:limit], key(found[limit - 1])
        if len(rows) <= limit:
            return found, None
        before = key(rows[-1])
    return found, before
