"""Statements that are made of a queryset once, and answered with other ids each time.

    @prepared
    def _bonds(owner_id: int) -> QuerySet[Relation]:
        return Relation.objects.filter(owner_id=owner_id).values_list("bond", "other_id")

    _bonds(account.pk)  # [("mutes", 17), ...]

To make a statement of a queryset takes longer than to answer it, so what most pages ask is made
once a process. The queryset stays the one place that says what is asked.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, NamedTuple

from django.db import models

from apps.sharding import directory, querysets

# Stand for the ids while the statement is made: no queryset has them among its own values.
STAND_INS = 2**62


class Statement(NamedTuple):
    """SQL, and its parameters: where one is a stand-in, its id takes that place."""

    model: type[models.Model]
    sql: str
    params: tuple[Any, ...]


Build = Callable[..., models.QuerySet[Any, Any]]
Answer = Callable[..., list[tuple[Any, ...]]]


def prepared(build: Build) -> Answer:
    """Answer a queryset's rows as tuples, on the shard of the first id, without making it anew.

    All arguments are ids, by position, or None; a queryset may differ by which of them are None,
    and by nothing else. Values come as the server has them.
    """
    statements = Statements(build)

    @wraps(build)
    def answer(*ids: int | None) -> list[tuple[Any, ...]]:
        model, sql, params = statements.of(ids)
        return querysets.rows(model, ids[0] or 0, sql, params)

    return answer


def prepared_on(build: Build) -> Answer:
    """Do so for a queryset of one shard, by its name: that is the first argument, ids follow.

    While buckets move to a shard or from it, whose rows are left out, it is made each time.
    """
    statements = Statements(build)

    @wraps(build)
    def answer(shard: str, *ids: int | None) -> list[tuple[Any, ...]]:
        if directory.strangers_on(shard):
            return list(build(shard, *ids))
        model, sql, params = statements.of(ids, shard)
        return querysets.rows_on(model, shard, sql, params)

    return answer


class Statements:
    """The statements of one function: one for each of its arguments that may be None."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self._made: dict[tuple[bool, ...], Statement] = {}

    def of(self, ids: Sequence[int | None], *before: str) -> Statement:
        """Return the statement for some ids."""
        there = tuple(one is not None for one in ids)
        if there not in self._made:
            self._made[there] = self._make(there, *before)
        model, sql, params = self._made[there]
        given = {STAND_INS + place: one for place, one in enumerate(ids)}
        return Statement(model, sql, tuple(given.get(param, param) for param in params))

    def _make(self, there: Sequence[bool], *before: str) -> Statement:
        stand_ins = [STAND_INS + place if is_ else None for place, is_ in enumerate(there)]
        queryset = self.build(*before, *stand_ins)
        return Statement(queryset.model, *queryset.query.sql_with_params())
