"""Querysets that find their shard in their own filters."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db import connections, models, router
from django.db.models.lookups import In

from apps.replication.conf import conf
from apps.sharding import directory, harvest, routing
from apps.sharding.ids import BUCKETS
from apps.sharding.scatter import Scatter

M = TypeVar("M", bound=models.Model)
R = TypeVar("R")


class ShardedQuerySet(models.QuerySet[M]):
    """Routes itself by the shard key in its filters; refuses to guess."""

    # Django's own, which its type stubs leave out.
    _db: str | None
    _hints: dict[str, Any]
    _for_write: bool

    @property
    def db(self) -> str:
        """The database for this query; raises ShardKeyMissing where no filter names a key."""
        if self._db:
            return str(self._db)
        bucket = routing.bucket_in(self.model, self.query)  # type: ignore[arg-type]
        hints = self._hints if bucket is None else {**self._hints, "bucket": bucket}
        ask = router.db_for_write if self._for_write else router.db_for_read
        return str(ask(self.model, **hints))

    def using(self, alias: str | None) -> "ShardedQuerySet[M]":
        """Name the database; rows of buckets that move to it or from it are left out."""
        named = super().using(alias)
        strangers = directory.strangers_on(conf().primary_of(alias)) if alias else ()
        keys: tuple[str, ...] = getattr(self.model, "shard_keys", ())
        if not strangers or not keys or self.query.is_sliced:
            return named
        bucket = models.F(keys[0]).bitrightshift(12).bitand(BUCKETS - 1)
        return named.filter(~models.Q(In(bucket, sorted(strangers))))

    def scatter(self, *args: Any, **filters: Any) -> Scatter[M]:
        """Ask all shards: a list merged by id, paged by cursor."""
        return Scatter(self.filter(*args, **filters))

    def on(self, shard: str) -> "ShardedQuerySet[M]":
        """Ask one shard by its name, on a server that is fresh enough for this reader."""
        return self.using(router.db_for_read(self.model, shard=shard))

    def get_many(self, values: Iterable[int]) -> dict[int, M]:
        """Return the rows with these ids, by id, with one query a shard; missing ones left out."""
        lists = from_each(values, lambda group: list(self.filter(pk__in=group)))
        return {row.pk: row for rows in lists for row in rows}

    def create(self, **kwargs: Any) -> M:
        """Store one row on the shard that its key names."""
        row = self.model(**kwargs)
        row.save(force_insert=True, using=self._db)
        return row

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        """Store rows with one statement a shard (each shard's are a transaction of their own)."""
        rows = list(objs)
        if self._db:
            return super().bulk_create(rows, *args, **options)
        shares: defaultdict[str, list[M]] = defaultdict(list)
        for row in rows:
            shares[router.db_for_write(self.model, instance=row)].append(row)
        for alias, share in shares.items():
            models.QuerySet.bulk_create(self.using(alias), share, *args, **options)
        return rows

    def get_or_create(self, defaults: Any = None, **kwargs: Any) -> tuple[M, bool]:
        """Return the row that matches, made if need be, on the shard that the key names."""
        return super(ShardedQuerySet, self._on_home(kwargs)).get_or_create(defaults, **kwargs)

    def update_or_create(
        self, defaults: Any = None, create_defaults: Any = None, **kwargs: Any
    ) -> tuple[M, bool]:
        """Change the row that matches, or make it, on the shard that the key names."""
        return super(ShardedQuerySet, self._on_home(kwargs)).update_or_create(
            defaults, create_defaults, **kwargs
        )

    def _on_home(self, kwargs: dict[str, Any]) -> "ShardedQuerySet[M]":
        if self._db:
            return self
        return self.using(router.db_for_write(self.model, instance=self.model(**kwargs)))


def by_shard(values: Iterable[int]) -> dict[str, list[int]]:
    """Group ids by the shard that they live on."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for value in values:
        groups[directory.shard_of_id(value)].append(value)
    return dict(groups)


def from_each(values: Iterable[int], ask: Callable[[list[int]], R]) -> Iterable[R]:
    """Ask each shard for those of some ids that live there; where a page may, it does without."""
    groups = by_shard(values)
    return harvest.from_each(groups, lambda shard: ask(groups[shard])).values()


def rows(model: type[models.Model], owner_id: int, sql: str, params: Any) -> list[Any]:
    """Return what a statement answers on the shard of an id; by a server as fresh as the reader.

    For what most pages ask: to make a statement of a queryset takes longer than to answer it.
    """
    return rows_on(model, directory.shard_of_id(owner_id), sql, params)


def rows_on(model: type[models.Model], shard: str, sql: str, params: Any) -> list[Any]:
    """Return the same of a shard by its name; rows of buckets on the move are among them."""
    alias = router.db_for_read(model, shard=shard)
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


ShardedManager = models.Manager.from_queryset(ShardedQuerySet, "ShardedManager")
