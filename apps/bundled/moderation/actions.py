"""The audit log: what was done to accounts, by whom and why. Lines are added, nothing else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, Subquery, Value
from django.db.models.functions import Coalesce

from apps.bundled.moderation.events import ModerationAction
from apps.bundled.moderation.kinds import APPEALABLE, TOLD, Deed
from apps.bundled.moderation.models import Acknowledged, Action
from apps.caching.ahead import Expected
from apps.caching.queries import cached
from apps.events import outbox
from apps.replication import scopes
from apps.sharding import shards
from apps.sharding.prepared import prepared

SHOWN = 50
NOTICES = 3


def record(*, account_id: int, by_id: int, deed: Deed, **facts: Any) -> Action:
    """Add a line and announce it, in a transaction of the account."""
    with shards.atomic_for(account_id):
        action = Action.objects.create(account_id=account_id, by_id=by_id, deed=deed, **facts)
        outbox.record(
            ModerationAction(
                action_id=action.pk, account_id=account_id, by_id=by_id, deed=deed.value
            )
        )
    return action


def of_account(account_id: int, *, limit: int = SHOWN) -> list[Action]:
    """Return what was done to an account, newest first."""
    return list(Action.objects.filter(account_id=account_id).order_by("-id")[:limit])


def get(action_id: int) -> Action | None:
    """Return one line, by its shard's primary; None where there is none."""
    with scopes.primary():
        return Action.objects.filter(id=action_id).first()


def is_appealable(action: Action) -> bool:
    """Tell whether its account may appeal against it."""
    return action.deed in APPEALABLE


def newest(account_id: int, deeds: Sequence[Deed]) -> Action | None:
    """Return the last action of some kinds on an account, by the primary."""
    rows = Action.objects.filter(account_id=account_id, deed__in=deeds)
    with scopes.primary():
        return rows.order_by("-id").first()


def notices(account_id: int) -> list[tuple[int, str, str, datetime | None]]:
    """Return what an account has not read of yet, newest first: id, deed, reason, until."""
    return _notices(account_id)


def expected(account_id: int) -> list[Expected]:
    """Return what each page of an account will ask."""
    return [(_notices, account_id)]


def acknowledge(*, account_id: int, up_to: int) -> None:
    """Note that an account has read what it was told of; it never goes back."""
    with shards.atomic_for(account_id):
        fresh = Acknowledged(account_id=account_id, action_id=0)
        Acknowledged.objects.bulk_create([fresh], ignore_conflicts=True)
        rows = Acknowledged.objects.filter(account_id=account_id, action_id__lt=up_to)
        rows.update(action_id=up_to)


def _tags(account_id: int) -> list[str]:
    return [f"moderation.actions:{account_id}", f"moderation.acknowledged:{account_id}"]


@cached("moderation.notices", tags=_tags)
def _notices(account_id: int) -> list[tuple[int, str, str, datetime | None]]:
    return _unread(account_id)


@prepared
def _unread(account_id: int) -> Any:
    read = Acknowledged.objects.filter(account_id=account_id).values("action_id")
    unread = Q(id__gt=Coalesce(Subquery(read), Value(0)))
    rows = Action.objects.filter(unread, account_id=account_id, deed__in=TOLD)
    return rows.order_by("-id").values_list("id", "deed", "reason", "until")[:NOTICES]
