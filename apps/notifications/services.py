"""Every write to notifications.

Writers of one bucket wait for one another. So of two that bring the same notification in line the
one that runs last has seen the last change, and the ids of an account's notifications are in the
order of their commits: whoever has seen one has seen all below it.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connections

from apps.accounts import sight
from apps.events import outbox
from apps.notifications.events import AccountNotified
from apps.notifications.kinds import Kind
from apps.notifications.models import Notification, Seen
from apps.sharding import shards
from apps.sharding.shards import Opened

# The first number keeps these locks apart from all others.
LOCK = "SELECT pg_advisory_xact_lock(1003, %s)"


class Deed(NamedTuple):
    """What a notification tells; no two of an account tell the same."""

    account_id: int
    kind: Kind
    actor_id: int
    post_id: int | None


def notify(*, account_id: int, kind: Kind, actor_id: int, post_id: int | None = None) -> None:
    """Notify an account of what somebody did, once, and announce it.

    Never of its own deeds, nor of those of whom it does not see; raises Unanswered where that is
    not known.
    """
    if actor_id != account_id and sight.of(account_id).required().shows(actor_id):
        with _alone(account_id):
            _insert(Deed(account_id, kind, actor_id, post_id))


def withdraw(*, account_id: int, kind: Kind, actor_id: int, post_id: int | None = None) -> None:
    """Take a notification back; nothing happens where there is none."""
    with _alone(account_id):
        _remove(Deed(account_id, kind, actor_id, post_id))


def reconcile(
    *,
    account_id: int,
    kind: Kind,
    actor_id: int,
    post_id: int | None = None,
    is_so: Callable[[], bool],
) -> None:
    """Notify or withdraw, by what is so now; `is_so` is asked when nobody else can write.

    Of whom an account does not see it is not notified; raises Unanswered where that is not known.
    """
    if actor_id != account_id:
        seen = sight.of(account_id).required().shows(actor_id)
        with _alone(account_id):
            act = _insert if seen and is_so() else _remove
            act(Deed(account_id, kind, actor_id, post_id))


def withdraw_of(*, post_id: int, kinds: Collection[Kind], beside: int) -> None:
    """Take back what tells of a post, whoever was told; `beside` is an id in that one's bucket."""
    with _alone(beside) as opened:
        rows = Notification.objects.using(opened.shard).filter(post_id=post_id, kind__in=kinds)
        rows.delete()


def withdraw_all(*, account_id: int, actor_id: int) -> None:
    """Take back all that an account was told of somebody."""
    with _alone(account_id):
        Notification.objects.filter(account_id=account_id, actor_id=actor_id).delete()


def clear(*, account_id: int) -> None:
    """Forget all that an account was told."""
    with _alone(account_id):
        Notification.objects.filter(account_id=account_id).delete()


def dismiss(*, account_id: int, notification_id: int) -> bool:
    """Forget one notification; tells whether it was there."""
    with _alone(account_id):
        rows = Notification.objects.filter(account_id=account_id, id=notification_id)
        return bool(rows.delete()[0])


def see(*, account_id: int, up_to: int) -> None:
    """Mark all notifications up to an id as looked at; it never goes back."""
    with shards.atomic_for(account_id):
        Seen.objects.bulk_create([Seen(account_id=account_id, seen_id=0)], ignore_conflicts=True)
        Seen.objects.filter(account_id=account_id, seen_id__lt=up_to).update(seen_id=up_to)


def _insert(deed: Deed) -> None:
    if Notification.objects.filter(**deed._asdict()).exists():
        return
    row = Notification.objects.create(id=shards.newest_id(deed.account_id), **deed._asdict())
    outbox.record(AccountNotified(account_id=deed.account_id, notification_id=row.pk))


def _remove(deed: Deed) -> None:
    Notification.objects.filter(**deed._asdict()).delete()


@contextmanager
def _alone(owner_id: int) -> Iterator[Opened]:
    """Open the owner's transaction, and wait in it for all others that write in its bucket."""
    with shards.atomic_for(owner_id) as opened:
        with connections[opened.shard].cursor() as cursor:
            cursor.execute(LOCK, [opened.bucket])
        yield opened
