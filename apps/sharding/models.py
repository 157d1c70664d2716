"""The bucket map's table, and what every sharded table inherits."""

from typing import Any, ClassVar

from django.db import models

from apps.sharding import shards
from apps.sharding.ids import bucket_of
from apps.sharding.querysets import ShardedManager


class Bucket(models.Model):
    """A logical shard and the server that it lives on now (directory).

    `also_on` is the server that has rows of it too, on their way in or out: strangers there. On its
    own it is whole from the position `since` on.
    """

    number = models.PositiveSmallIntegerField(primary_key=True)
    shard = models.CharField(max_length=63, db_index=True)
    also_on = models.CharField(max_length=63, default="", blank=True)
    since_timeline = models.BigIntegerField(default=0)
    since_lsn = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(number__lt=1024), name="sharding_bucket_number_range"
            ),
        )

    def __str__(self) -> str:
        return f"bucket {self.number} on {self.shard}"


class Epoch(models.Model):
    """How often a server's part of the bucket map has changed (directory).

    `moves` counts the buckets' moves from it and to it, `changes` all that happened to its part.
    """

    shard = models.CharField(max_length=63, primary_key=True)
    moves = models.PositiveIntegerField(default=0)
    changes = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.shard} after {self.moves} moves"


class IdField(models.BigIntegerField):  # type: ignore[type-arg]
    """A primary key that is made by the owner's shard: an id in the bucket of column `of`."""

    def __init__(self, *, of: str = "", **options: Any) -> None:
        self.of = of
        super().__init__(**{**options, "primary_key": True})

    def deconstruct(self) -> Any:
        """Migrations need not know how ids are made: to them it is a number."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.BigIntegerField", args, options

    def get_pk_value_on_save(self, instance: models.Model) -> int:
        """Return a new id from the clock of the shard that the owner lives on."""
        return shards.new_id(getattr(instance, self.of))


class ShardedModel(models.Model):
    """A table on every shard; each row lives where the id in its shard key says."""

    # Columns that hold an id of the row's bucket; a filter on any one of them routes a query.
    shard_keys: ClassVar[tuple[str, ...]] = ("id",)
    # Columns that hold how far the row's own server was: with another server they are set anew.
    positions: ClassVar[tuple[str, ...]] = ()

    # Columns that name somebody without whom the row stays, should he be deleted.
    outlives: ClassVar[tuple[str, ...]] = ()

    objects = ShardedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    @property
    def bucket(self) -> int:
        """The bucket that this row lives in."""
        return bucket_of(getattr(self, self.shard_keys[-1]))


class EverywhereModel(ShardedModel):
    """A table with the same rows on every shard, small: what rows of any shard are joined with.

    No filter says which shard is meant: name it by `using` or `on`. Who writes it writes all of
    them; there is no guard, and nothing to move with a bucket.
    """

    shard_keys = ()

    class Meta(ShardedModel.Meta):
        abstract = True
