"""What a commit does to the cache: marks before it, versions after it.

Before COMMIT each touched tag is marked, so from then on nobody trusts what is cached for it. After
COMMIT it gets the position that is asked for then. Whoever dies between leaves the mark, which
ends, and the next reader asks the primary. A rolled-back transaction never comes here.
"""

import logging
from typing import Any
from uuid import uuid4

from apps.caching import debts, store
from apps.caching.triggers import TOUCHED
from apps.replication import positions

log = logging.getLogger(__name__)

QUESTION = f"SELECT current_setting('{TOUCHED}', true)"


class Commit:
    """One commit on one primary, and the tags that it touches."""

    def __init__(self, group: str, connection: Any) -> None:
        self.group = group
        self.connection = connection
        self.writer = uuid4().hex[:12]
        row = connection.execute(QUESTION).fetchone()
        self.tags = sorted(set((row[0] or "").split()))

    def begin(self) -> None:
        """Mark the tags. Where that fails they are written down, to be bumped later."""
        if not self.tags:
            return
        try:
            store.mark(self.group, self.tags, self.writer)
        except store.Away as error:
            log.warning("The cache is away; what a commit touches is written down: %s", error)
            debts.write_down(self.connection, self.tags)

    def end(self) -> None:
        """Give the tags their new version; where that fails the marks end by themselves."""
        if not self.tags:
            return
        question = positions.question(self.group, self.connection)
        at = positions.answer(self.connection, self.connection.execute(question).fetchone())
        try:
            store.bump(self.group, self.tags, self.writer, at)
        except store.Away as error:
            log.warning("Marks of a commit on %s stay until they end: %s", self.group, error)
