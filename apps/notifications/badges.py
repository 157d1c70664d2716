"""The number beside "Notifications" on every page, kept in the cache for a minute at most.

Whatever changes it takes it out of the cache, so a page without news asks no database. A cache
that is away costs a query; a database that is away costs the badge, never the page.
"""

import logging
from dataclasses import dataclass

from django.core.cache import cache
from django.db import InterfaceError, OperationalError, transaction

from apps.notifications import selectors
from apps.sharding import shards

log = logging.getLogger(__name__)

SECONDS = 60


@dataclass(frozen=True)
class Badge:
    """How many notifications are unread; counted up to 100."""

    count: int = 0

    @property
    def shown(self) -> str:
        """The number, `99+` where there are more."""
        return str(self.count) if self.count < selectors.MOST_UNREAD else "99+"


def badge_of(account_id: int | None) -> Badge:
    """Return the badge of an account, an empty one for a visitor."""
    if account_id is None:
        return Badge()
    count = cache.get(_key(account_id))
    if count is None:
        try:
            count = selectors.unread_count(account_id)
        except (OperationalError, InterfaceError) as error:
            log.warning("No badge for %d: a database is away (%s)", account_id, error)
            return Badge()
        cache.set(_key(account_id), count, SECONDS)
    return Badge(count)


def forget(account_id: int) -> None:
    """Have the number counted anew once the open transaction is committed."""
    opened = shards.require("Forgetting a badge")
    transaction.on_commit(lambda: drop(account_id), using=opened.shard, robust=True)


def drop(account_id: int) -> None:
    """Have the number counted anew from now on."""
    cache.delete(_key(account_id))


def _key(account_id: int) -> str:
    return f"notifications:unread:{account_id}"
