"""Appeals: an account answers to what was done to it, once an action; staff answer back.

Who is suspended cannot sign in, so the page is reached by a signed link.
"""

from django.core import signing
from django.urls import reverse

from apps.bundled.moderation import actions, suspensions
from apps.bundled.moderation.errors import AlreadyDecided, NoAppeal
from apps.bundled.moderation.kinds import AppealState, Deed
from apps.bundled.moderation.models import Action, Appeal
from apps.replication import scopes
from apps.sharding import shards

SALT = "moderation.appeal"
DAYS = 90


def url_of(action_id: int) -> str:
    """Return the address of the page on which an action is appealed."""
    return reverse("moderation:appeal", args=[signing.dumps(action_id, salt=SALT)])


def action_of(token: str) -> Action | None:
    """Return the action that an address names; None for one that is made up or too old."""
    try:
        action_id = signing.loads(token, salt=SALT, max_age=DAYS * 24 * 3600)
    except signing.BadSignature:
        return None
    return actions.get(action_id)


def of(action_id: int) -> Appeal | None:
    """Return the appeal against an action, by the primary; None where there is none."""
    with scopes.primary():
        return Appeal.objects.filter(id=action_id).first()


def make(*, action: Action, text: str) -> None:
    """Appeal against an action; raises NoAppeal where that cannot be, or was done already."""
    if not actions.is_appealable(action):
        raise NoAppeal
    with shards.atomic_for(action.account_id):
        _, made = Appeal.objects.get_or_create(
            id=action.pk, defaults={"account_id": action.account_id, "text": text}
        )
        if not made:
            raise NoAppeal
        actions.record(
            account_id=action.account_id,
            by_id=action.account_id,
            deed=Deed.APPEALED,
            about_id=action.pk,
            reason=text[:1000],
        )


def answer(*, appeal_id: int, by_id: int, upheld: bool, text: str) -> None:
    """Answer an appeal. One that is upheld ends the suspension that it is against.

    Raises AlreadyDecided.
    """
    state = AppealState.UPHELD if upheld else AppealState.DENIED
    with shards.atomic_for(appeal_id):
        appeal = Appeal.objects.select_for_update().get(id=appeal_id)
        if appeal.state != AppealState.OPEN:
            raise AlreadyDecided
        actions.record(
            account_id=appeal.account_id,
            by_id=by_id,
            deed=Deed.UPHELD if upheld else Deed.DENIED,
            about_id=appeal_id,
            reason=text,
        )
        changed = Appeal.objects.filter(id=appeal_id)
        changed.update(state=state, answer=text, answered_by=by_id)
    suspension = suspensions.of(appeal.account_id)
    if upheld and suspension is not None and suspension.action_id == appeal_id:
        suspensions.lift(account_id=appeal.account_id, by_id=by_id, reason=text)
