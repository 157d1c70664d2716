"""Queries over all shards, asked for by name: merged by id, paged by cursor, never by offset."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from django.db import models, router

from apps.kernel import cursors
from apps.sharding import harvest
from apps.sharding.conf import conf
from apps.sharding.places import Place

M = TypeVar("M", bound=models.Model)


class Scatter(Generic[M]):
    """A queryset that is asked on every shard. Its rows sort by the unique column `by`."""

    def __init__(self, queryset: models.QuerySet[M], by: str = "id") -> None:
        self.queryset = queryset
        self.by = by

    def page(
        self, *, limit: int, before: int | None = None, after: int | None = None
    ) -> cursors.Page[M]:
        """Return at most `limit` rows below `before`, newest first; with `after`, oldest first.

        Each shard gives its first rows past the cursor, so the merge is exact whatever the skew.
        """
        descending = after is None
        queryset = self.queryset.order_by(f"-{self.by}" if descending else self.by)
        if before is not None:
            queryset = queryset.filter(**{f"{self.by}__lt": before})
        if after is not None:
            queryset = queryset.filter(**{f"{self.by}__gt": after})
        lists = [queryset.using(alias)[: limit + 1] for alias in self._aliases()]
        rows = cursors.merge(lists, limit + 1, key=self._key, descending=descending)
        return cursors.page(rows, limit, key=self._key)

    def below(self, place: Place, *, limit: int) -> tuple[list[M], int | None]:
        """Return the next rows at a place, newest first, and the id that this went down to.

        Shards that are away are left out; None is the end of the list on all others.
        """

        def newest(shard: str) -> list[M]:
            rows = self.queryset.using(router.db_for_read(self.queryset.model, shard=shard))
            below = rows.filter(**{f"{self.by}__lt": place.of(shard)})
            return list(below.order_by(f"-{self.by}")[: limit + 1])

        lists = harvest.from_each(conf().shards, newest).values()
        rows = cursors.merge(lists, limit + 1, key=self._key)
        return rows[:limit], self._key(rows[limit - 1]) if len(rows) > limit else None

    def count(self) -> int:
        """Return the number of rows over all shards."""
        return sum(self.queryset.using(alias).count() for alias in self._aliases())

    def delete(self) -> int:
        """Delete the rows on every shard, each shard for itself; returns how many went."""
        aliases = [router.db_for_write(self.queryset.model, shard=name) for name in conf().shards]
        return sum(self.queryset.using(alias).delete()[0] for alias in aliases)

    def __iter__(self) -> Iterator[M]:
        """Yield every row, shard by shard."""
        for alias in self._aliases():
            yield from self.queryset.using(alias)

    def _key(self, row: M) -> int:
        return int(getattr(row, self.by))

    def _aliases(self) -> list[str]:
        return [router.db_for_read(self.queryset.model, shard=shard) for shard in conf().shards]
