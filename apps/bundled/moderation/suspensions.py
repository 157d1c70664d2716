"""Who is suspended. The audit log is the truth; a row in the directory says it to all shards.

The row is written at once, and again by the event: whatever ends half way, the log decides.
"""

from array import array
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.db import connections, transaction
from django.utils import timezone

from apps.accounts import services as accounts
from apps.bundled.moderation import actions
from apps.bundled.moderation.kinds import Deed
from apps.bundled.moderation.models import Action, Suspension
from apps.caching.queries import cached
from apps.kernel import dependencies
from apps.replication import scopes
from apps.sharding.conf import conf

DIRECTORY = conf().directory
LOCK = "SELECT pg_advisory_xact_lock(1006, hashint8(%s))"


def lift(*, account_id: int, by_id: int, reason: str) -> None:
    """Let an account sign in and be seen again; nothing happens where it is not suspended."""
    last = actions.newest(account_id, [Deed.SUSPENDED, Deed.LIFTED])
    if last is not None and last.deed == Deed.SUSPENDED:
        actions.record(
            account_id=account_id, by_id=by_id, deed=Deed.LIFTED, reason=reason, about_id=last.pk
        )
    align(account_id=account_id)


def align(*, account_id: int) -> None:
    """Bring the directory in line with the log; again changes nothing.

    The lock makes two of these wait for each other, so the last has seen the last line.
    """
    with transaction.atomic(using=DIRECTORY):
        with connections[DIRECTORY].cursor() as cursor:
            cursor.execute(LOCK, [account_id])
        last = actions.newest(account_id, [Deed.SUSPENDED, Deed.LIFTED])
        rows = Suspension.objects.using(DIRECTORY).filter(account_id=account_id)
        if last is None or last.deed == Deed.LIFTED:
            rows.delete()
        elif not rows.filter(action_id=last.pk).exists():
            _put(last)
            accounts.end_sessions(account_id=account_id)


def of(account_id: int) -> Suspension | None:
    """Return the suspension of an account that holds now, by the primary; None without one."""
    with scopes.primary():
        row = Suspension.objects.using(DIRECTORY).filter(account_id=account_id).first()
    return row if row is not None and _holds(row.until) else None


def is_suspended(account_id: int) -> bool:
    """Tell whether an account is suspended now."""
    return account_id in suspended()


def suspended() -> frozenset[int]:
    """Return the accounts that are suspended now."""
    found, now = _all(), timezone.now()
    timed = frozenset(pk for pk, until in found.timed.items() if until > now)
    if timed:
        ends = min(until for until in found.timed.values() if until > now)
        dependencies.good_for((ends - now).total_seconds())
    return _ids(found.for_good) | timed if timed else _ids(found.for_good)


class Rows(NamedTuple):
    """All suspensions: ids of those for good, packed, since they may be many; and the others."""

    for_good: bytes
    timed: dict[int, datetime]


@cached("moderation.suspended", tags=lambda: ["moderation.suspensions:all"], group=DIRECTORY)
def _all() -> Rows:
    rows = dict(Suspension.objects.values_list("account_id", "until"))
    for_good = array("q", sorted(pk for pk, until in rows.items() if until is None))
    timed = {pk: until for pk, until in rows.items() if until is not None}
    return Rows(for_good.tobytes(), timed)


@lru_cache(2)
def _ids(packed: bytes) -> frozenset[int]:
    return frozenset(array("q", packed))


def _put(action: Action) -> None:
    Suspension.objects.using(DIRECTORY).update_or_create(
        account_id=action.account_id,
        defaults={"action_id": action.pk, "until": action.until, "reason": action.reason},
    )


def _holds(until: datetime | None) -> bool:
    return until is None or until > timezone.now()
