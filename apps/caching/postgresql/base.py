"""Django's PostgreSQL backend, whose commits tell the cache which tags they touch."""

from typing import Any

from django.db import transaction
from django.db.backends.postgresql import base

from apps.kernel import dependencies

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH", "COPY", "MERGE", "TRUNCA")


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to a primary."""

    def _cursor(self, name: Any = None) -> Any:
        # Said before the server is asked: what is shown without its answer is not to be kept.
        dependencies.spoil(f"{self.alias} was asked")
        return super()._cursor(name)  # type: ignore[misc]  # the stubs leave it out

    def _commit(self) -> None:
        from apps.caching.commits import Commit

        if self.connection is None:
            return
        commit = Commit(self.alias, self.connection)
        commit.begin()
        super()._commit()  # type: ignore[misc]  # the stubs leave it out
        if commit.tags:
            # The question for the position is not to begin a transaction.
            mode, self.connection.autocommit = self.connection.autocommit, True
            commit.end()
            self.connection.autocommit = mode

    def init_connection_state(self) -> None:
        """Have every write be a transaction with a commit of ours, also one statement alone."""
        super().init_connection_state()
        if _in_transaction not in self.execute_wrappers:
            self.execute_wrappers.append(_in_transaction)


def _in_transaction(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    connection = context["connection"]
    alone = not connection.in_atomic_block and connection.get_autocommit()
    if alone and str(sql).lstrip("( \n")[:6].upper().startswith(WRITES):
        with transaction.atomic(using=connection.alias):
            return execute(sql, params, many, context)
    return execute(sql, params, many, context)
