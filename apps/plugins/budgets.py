"""How many queries a call may send, on whatever connection; a call that is cut off sends none.

Inside a transaction of the core the first query of a call opens a savepoint: what a faulty plugin
did there is taken back, and the core's transaction goes on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from apps.kernel import upkeep, waiting
from apps.plugins.errors import CutOff, TooManyQueries


class Budget:
    """What is left to one call."""

    def __init__(self, queries: int) -> None:
        self.most = self.left = queries
        self.cut_off = False
        self.savepoints: dict[BaseDatabaseWrapper, str | None] = {}

    def spend(self) -> None:
        """Take one query; raises TooManyQueries, CutOff."""
        if self.cut_off:
            raise CutOff
        self.left -= 1
        self.check()

    def check(self) -> None:
        """Raise TooManyQueries where more were tried, even if the plugin caught that."""
        if self.left < 0:
            raise TooManyQueries(self.most)


_budget: ContextVar[Budget | None] = ContextVar("plugins_budget", default=None)


@contextmanager
def limit(budget: Budget) -> Iterator[None]:
    """Have the queries of the block be those of one call; raises TooManyQueries at its end."""
    token = _budget.set(budget)
    kept = False
    try:
        yield
        budget.check()
        kept = True
    finally:
        # Closing is no query of the call, nor of one around it.
        _budget.set(None)
        for connection, savepoint in budget.savepoints.items():
            _close(connection, savepoint, kept)
        _budget.reset(token)


def watch(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    """Have every query on a connection be counted where it is a plugin's."""
    if _count not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count)


def _count(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    waiting.may_wait()
    budget = _budget.get()
    if budget is not None and not upkeep.is_own():
        budget.spend()
        connection = context["connection"]
        if connection.in_atomic_block and connection not in budget.savepoints:
            budget.savepoints[connection] = None
            token = _budget.set(None)
            budget.savepoints[connection] = connection.savepoint()
            _budget.reset(token)
    return execute(sql, params, many, context)


def _close(connection: BaseDatabaseWrapper, savepoint: str | None, kept: bool) -> None:
    if savepoint is None or not connection.in_atomic_block:
        return
    if kept:
        connection.savepoint_commit(savepoint)
    else:
        connection.set_rollback(False)
        connection.savepoint_rollback(savepoint)
