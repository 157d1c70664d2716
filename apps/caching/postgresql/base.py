"""Django's PostgreSQL backend, whose commits tell the cache which tags they touch."""

from typing import Any

from django.db import transaction

from apps.replication.guarded import Guarded

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH", "COPY", "MERGE", "TRUNCA")


class DatabaseWrapper(Guarded):
    """A connection to a primary."""

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
