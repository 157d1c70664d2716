"""Django's PostgreSQL backend, whose commits tell the cache which tags they touch."""

import logging
from typing import Any

import psycopg
from django.db import transaction

from apps.kernel import dependencies
from apps.replication.guarded import Guarded

log = logging.getLogger(__name__)

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH", "COPY", "MERGE", "TRUNCA")


class DatabaseWrapper(Guarded):
    """A connection to a primary."""

    def _cursor(self, name: Any = None) -> Any:
        # Said before the server is asked: what is shown without its answer is not to be kept.
        dependencies.passing(f"{self.alias} was asked")
        return super()._cursor(name)  # type: ignore[misc]  # the stubs leave it out

    def _commit(self) -> None:
        from apps.caching.commits import Commit
        from apps.replication import scopes

        if self.connection is None:
            return
        with self.wrap_database_errors:
            commit = Commit(self.alias, self.connection)
            commit.begin()
        scopes.note_commit(self.alias)
        super()._commit()  # type: ignore[misc]  # the stubs leave it out
        if commit.tags:
            try:
                self._end(commit)
            except psycopg.OperationalError as error:
                # It is committed: to say that it failed would have it sent again.
                log.warning("%s was lost right after a commit: %s", self.alias, error)
                scopes.note_doubt(self.alias)
                self._close()  # type: ignore[attr-defined]  # the stubs leave it out
                self.closed_in_transaction = True

    def _end(self, commit: Any) -> None:
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
