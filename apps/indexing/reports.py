"""All hot queries, tried on each database that they run on."""

from collections.abc import Iterator
from typing import NamedTuple

from apps.indexing import hot, plans
from apps.indexing.hot import Hot
from apps.indexing.plans import Cost
from apps.sharding.conf import conf


class Line(NamedTuple):
    """One statement of a hot query on one database; `cost` None where there is no data to try."""

    query: Hot
    alias: str
    number: int
    cost: Cost | None

    @property
    def faults(self) -> list[str]:
        """What is wrong, in words."""
        return self.cost.faults(self.query.most) if self.cost else []


def lines(names: list[str], shard: str | None = None) -> Iterator[Line]:
    """Yield the cost of each statement of these queries, on one shard or on all."""
    queries = hot.registered()
    for name in names:
        query = queries[name]
        shards = [shard] if shard else list(conf().shards)
        aliases = [conf().directory] if query.is_on == hot.DIRECTORY else shards
        for alias in aliases:
            yield from _of(query, alias)


def _of(query: Hot, alias: str) -> Iterator[Line]:
    args = query.sample(alias)
    if args is None:
        yield Line(query, alias, 1, None)
        return
    for number, statement in enumerate(hot.sent(query, alias, args), 1):
        yield Line(query, alias, number, plans.explain(alias, statement))
