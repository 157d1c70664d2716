"""The number beside "Notifications" on every page: a cached count, so most pages ask no database.

A database that is away costs the badge, never the page.
"""

import logging
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError

from apps.caching.ahead import Expected
from apps.notifications import selectors

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Badge:
    """How many notifications are unread; counted up to 100."""

    count: int = 0

    @property
    def shown(self) -> str:
        """The number, `99+` where there are more."""
        return str(self.count) if self.count < selectors.MOST_UNREAD else "99+"


def expected(account_id: int) -> list[Expected]:
    """Return what each page of an account will ask."""
    return [(selectors.unread_count, account_id)]


def badge_of(account_id: int | None) -> Badge:
    """Return the badge of an account, an empty one for a visitor."""
    if account_id is None:
        return Badge()
    try:
        return Badge(selectors.unread_count(account_id))
    except (OperationalError, InterfaceError) as error:
        log.warning("No badge for %d: a database is away (%s)", account_id, error)
        return Badge()
