"""Deleting an account for good: asked for, then done in steps by whoever has it for itself."""

import math
import secrets
import time
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.accounts import leaving
from apps.accounts import selectors as accounts
from apps.erasure.errors import NoSuchReceipt, SliceOver
from apps.erasure.models import Deletion, Step
from apps.erasure.steps import STEPS
from apps.sharding.conf import conf

# A worker that has not said for so long that it goes on is dead.
HOLD = timedelta(minutes=2)


def ask(*, username: str) -> Deletion:
    """Have an account be deleted; asked twice it is the same deletion. Raises NoSuchAccount."""
    account_id = accounts.account_named(username).pk
    fresh = {"token": secrets.token_urlsafe(32), "asked_at": timezone.now()}
    found, _ = _rows().get_or_create(account_id=account_id, defaults=fresh)
    # At once, not when a worker comes to it.
    leaving.lock(account_id=account_id)
    return found


def receipt(token: str) -> Deletion:
    """Return the deletion with this token; raises NoSuchReceipt."""
    found = _rows().filter(token=token).first()
    if found is None:
        raise NoSuchReceipt
    return found


def work(deletion_id: int, *, seconds: float = math.inf) -> bool:
    """Go on with a deletion as far as it goes; tells whether it is done.

    One worker at a time has it. What was killed is begun again with the step that it was in.
    Raises SliceOver after so many seconds, with more to be done at once.
    """
    now = timezone.now()
    mine = _rows().filter(pk=deletion_id, ended_at=None)
    free = mine.filter(Q(held_until=None) | Q(held_until__lt=now))
    if not free.update(held_until=now + HOLD):
        return not mine.exists()
    deletion = _rows().get(pk=deletion_id)
    told = _Told(deletion, time.monotonic() + seconds)
    try:
        while deletion.step != Step.DONE and _take(deletion, told):
            pass
    except SliceOver:
        mine.update(held_until=None)
        raise
    mine.update(held_until=None)
    return deletion.step == Step.DONE


def standing_still() -> list[int]:
    """Return the deletions that nobody is at."""
    free = Q(held_until=None) | Q(held_until__lt=timezone.now())
    waiting = _rows().filter(free, ended_at=None).order_by("asked_at")
    return list(waiting.values_list("pk", flat=True))


def _take(deletion: Deletion, told: "_Told") -> bool:
    """Write down that a step is begun, take it, and write the next one down if it is done."""
    deletion.begun.setdefault(deletion.step, timezone.now().isoformat(timespec="seconds"))
    _write(deletion)
    if not STEPS[deletion.step](deletion.account_id or 0, told):
        return False
    order = list(Step)
    deletion.step = order[order.index(Step(deletion.step)) + 1]
    if deletion.step == Step.DONE:
        deletion.account_id, deletion.ended_at = None, timezone.now()
    _write(deletion)
    return True


class _Told:
    """Adds to a deletion's counts, and says by that that its worker goes on.

    Raises SliceOver past its time: every step may be left wherever it tells of something.
    """

    def __init__(self, deletion: Deletion, until: float) -> None:
        self.deletion, self.until = deletion, until

    def __call__(self, table: str, count: int) -> None:
        # A step that found nothing more is done: left here, it would be begun again for ever.
        if not count:
            return
        counts = self.deletion.counts
        counts[table] = counts.get(table, 0) + count
        _write(self.deletion)
        if time.monotonic() > self.until:
            raise SliceOver


def _write(deletion: Deletion) -> None:
    deletion.held_until = timezone.now() + HOLD
    deletion.save(using=conf().directory)


def _rows() -> QuerySet[Deletion]:
    return Deletion.objects.using(conf().directory)
