"""Counters that many writers move at once without waiting for one another.

A count is the sum of up to eight rows; each writer adds to the row that its own id picks, so a
post that everybody likes is not a row that everybody locks.
"""

from collections.abc import Iterable
from typing import ClassVar

from django.db import connections, models, router
from django.db.models import Sum
from django.db.models.functions import Coalesce

from apps.sharding import querysets
from apps.sharding.ids import bucket_of
from apps.sharding.models import ShardedModel

SLOTS = 8
WHY_SLOTS = "a count is the sum of up to eight rows"
SUMS = 'SELECT "owner_id", {sums} FROM {table} WHERE owner_id = ANY(%s) GROUP BY owner_id'


class Tally(ShardedModel):
    """Counts of one owner; a subclass adds its columns, integers that start at 0."""

    shard_keys = ("owner_id",)
    counts: ClassVar[tuple[str, ...]]

    pk = models.CompositePrimaryKey("owner_id", "slot")
    owner_id = models.BigIntegerField()
    slot = models.PositiveSmallIntegerField()

    class Meta(ShardedModel.Meta):
        abstract = True

    @classmethod
    def add(cls, owner_id: int, *, by: int, **amounts: int) -> None:
        """Add to the owner's counts, in the slot that the id `by` picks."""
        shard = router.db_for_write(cls, bucket=bucket_of(owner_id))
        names = ", ".join(amounts)
        marks = ", ".join(["%s"] * len(amounts))
        sums = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in amounts)
        rest = [name for name in cls.counts if name not in amounts]
        zeros = "".join(f", {name}" for name in rest), ", 0" * len(rest)
        with connections[shard].cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {cls._meta.db_table} AS t (owner_id, slot, {names}{zeros[0]}) "
                f"VALUES (%s, %s, {marks}{zeros[1]}) "
                f"ON CONFLICT (owner_id, slot) DO UPDATE SET {sums}",
                [owner_id, slot_of(by), *amounts.values()],
            )

    @classmethod
    def of(cls, owner_id: int) -> dict[str, int]:
        """Return the owner's counts by name."""
        sums = {name: Coalesce(Sum(name), 0) for name in cls.counts}
        return cls.objects.filter(owner_id=owner_id).aggregate(**sums)

    @classmethod
    def of_many(cls, owner_ids: Iterable[int]) -> dict[int, dict[str, int]]:
        """Return the counts of owners by id, with one query a shard; left out without any."""
        sums = ", ".join(f"sum({name})::bigint" for name in cls.counts)
        sql = SUMS.format(sums=sums, table=cls._meta.db_table)

        def summed(group: list[int]) -> list[tuple[int, ...]]:
            return querysets.rows(cls, group[0], sql, [group])

        rows = [row for rows in querysets.from_each(owner_ids, summed) for row in rows]
        return {
            owner_id: dict(zip(cls.counts, numbers, strict=True)) for owner_id, *numbers in rows
        }


def slot_of(by: int) -> int:
    """Return the slot, 0..7, for a writer: from the bits of its id that differ most."""
    return (by ^ (by >> 12) ^ (by >> 22)) % SLOTS
