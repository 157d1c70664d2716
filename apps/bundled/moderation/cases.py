"""The review queue: what waits for staff, and what they decide.

A verdict is one transaction on the shard of the account: the case is closed, the audit log has it,
and the post is gone or out. What a suspension means elsewhere follows from the log.
"""

import hashlib
import json
from datetime import datetime

from django.utils import timezone

from apps.bundled.moderation import actions, reports, suspensions
from apps.bundled.moderation.errors import AlreadyDecided, NotFitting
from apps.bundled.moderation.kinds import CaseKind, Deed, Verdict
from apps.bundled.moderation.models import Case
from apps.pictures import services as pictures
from apps.posts import services as posts
from apps.posts.errors import NoSuchPost
from apps.posts.hooks import Draft
from apps.sharding import shards

DEEDS = {
    Verdict.DISMISS: Deed.DISMISSED,
    Verdict.REMOVE: Deed.REMOVED,
    Verdict.WARN: Deed.WARNED,
    Verdict.SUSPEND: Deed.SUSPENDED,
    Verdict.PUBLISH: Deed.PUBLISHED,
    Verdict.REFUSE: Deed.REFUSED,
}


def hold(draft: Draft, *, why: str) -> Case:
    """Keep a draft until staff have looked at it; the same text of an account once."""
    with shards.atomic_for(draft.author_id):
        return reports.open_case(
            account_id=draft.author_id,
            kind=CaseKind.HELD,
            post_id=None,
            digest=_digest(draft),
            text=draft.text,
            in_reply_to_id=draft.in_reply_to_id,
            picture_ids=list(draft.picture_ids),
            audience=draft.audience,
            warning=draft.warning,
            extras=dict(draft.extras),
            why=why,
        )


def _digest(draft: Draft) -> str:
    numbers = map(str, (*draft.picture_ids, draft.audience))
    facts = [str(draft.in_reply_to_id), draft.warning, draft.text, *numbers]
    facts += [json.dumps(draft.extras, sort_keys=True)] if draft.extras else []
    return hashlib.sha256(" ".join(facts).encode()).hexdigest()[:32]


def mark(*, account_id: int, post_id: int, text: str, why: str) -> Case:
    """List a post that a rule has marked; a second time it is listed already."""
    with shards.atomic_for(account_id):
        known = Case.objects.filter(account_id=account_id, post_id=post_id, kind=CaseKind.MARKED)
        return known.first() or reports.open_case(
            account_id=account_id, kind=CaseKind.MARKED, post_id=post_id, text=text, why=why
        )


def verdicts(case: Case) -> list[Verdict]:
    """Return what may be decided on a case."""
    if case.kind == CaseKind.HELD:
        found = [Verdict.PUBLISH, Verdict.REFUSE]
    else:
        found = [Verdict.DISMISS, *([Verdict.REMOVE] if case.post_id else [])]
    return [*found, Verdict.WARN, Verdict.SUSPEND]


def decide(
    *, case_id: int, by_id: int, verdict: Verdict, reason: str, until: datetime | None = None
) -> None:
    """Close a case and do what was decided; `until` None suspends for good.

    Raises AlreadyDecided, NotFitting; for a held post that cannot go out what `posts.publish` does.
    """
    with shards.atomic_for(case_id):
        case = Case.objects.select_for_update().get(id=case_id)
        if case.verdict != Verdict.OPEN:
            raise AlreadyDecided
        if verdict not in verdicts(case):
            raise NotFitting(verdict.label)
        post_id = _carry_out(case, verdict)
        actions.record(
            account_id=case.account_id,
            by_id=by_id,
            deed=DEEDS[verdict],
            reason=reason,
            until=until,
            case_id=case.pk,
            post_id=post_id,
            text=case.text,
        )
        Case.objects.filter(id=case_id).update(
            verdict=verdict, decided_by=by_id, decided_at=timezone.now()
        )
    if verdict == Verdict.SUSPEND:
        suspensions.align(account_id=case.account_id)


def _carry_out(case: Case, verdict: Verdict) -> int | None:
    """Publish or delete in the case's transaction; returns which post it is about."""
    if verdict == Verdict.PUBLISH:
        post = posts.publish(
            author_id=case.account_id,
            text=case.text,
            in_reply_to_id=case.in_reply_to_id,
            reviewed=True,
            picture_ids=case.picture_ids,
            audience=case.audience,
            warning=case.warning,
            extras=case.extras,
        )
        return post.pk
    if case.picture_ids:
        pictures.discard(author_id=case.account_id, picture_ids=case.picture_ids)
    if verdict == Verdict.REMOVE and case.post_id:
        try:
            posts.delete(post_id=case.post_id)
        except NoSuchPost:
            pass  # its author was quicker
    return case.post_id
