"""Connections to primaries: none is opened, or waited for, while the server is known away."""

from typing import TYPE_CHECKING, Any

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base

from apps.replication import patience, servers, watchers

if TYPE_CHECKING:

    class Base(base.DatabaseWrapper):
        """What the stubs leave out."""

        def connect(self) -> None: ...  # noqa: D102

else:
    Base = base.DatabaseWrapper


class Guarded(Base):
    """A database wrapper for primaries; raises servers.ServerAway in place of waiting in vain."""

    def connect(self) -> None:
        """Connect, if the server may be asked."""
        server = servers.of(self.alias)
        server.admit()
        try:
            with server.asking():
                super().connect()
        except servers.ServerAway:
            raise
        except OperationalError as error:
            # With an SQLSTATE the server itself has answered: it is there.
            if getattr(error.__cause__, "sqlstate", None) is None:
                watchers.doubt(self.alias, error)
            raise

    def is_usable(self) -> bool:
        """Tell whether the server answers; asked once a request."""
        server = servers.of(self.alias)
        raw: Any = self.connection
        if raw is None or server.is_away:
            return False
        try:
            with server.asking():
                raw.execute("SELECT 1")
        except patience.Silent as error:
            watchers.doubt(self.alias, error)
            return False
        except psycopg.Error:
            return False
        return True
