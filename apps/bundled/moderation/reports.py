"""Reports: somebody tells staff of a post or an account, once each, and not too much an hour."""

from django.db.models import F

from apps.bundled.moderation.errors import AlreadyReported, Oneself
from apps.bundled.moderation.kinds import CaseKind, Verdict
from apps.bundled.moderation.models import Case, Report
from apps.posts import selectors as posts
from apps.sharding import shards
from apps.throttling import limits
from apps.throttling.limits import Away, By

REPORTING = limits.declare(
    "reporting",
    20,
    3600,
    by=By.ACCOUNT,
    away=Away.LETS,
    about="reports by one account",
)
SHOWN = 100


def file(
    *, reporter_id: int, account_id: int, post_id: int | None, reason: str, comment: str
) -> None:
    """Report an account or a post of it. Raises Oneself, AlreadyReported, TooMany."""
    if reporter_id == account_id:
        raise Oneself
    if has_reported(reporter_id, account_id, post_id):
        raise AlreadyReported
    limits.hold({REPORTING: reporter_id})
    text = posts.texts_of([post_id]).get(post_id, "") if post_id else ""
    with shards.atomic_for(account_id):
        case = open_case(account_id=account_id, kind=CaseKind.REPORTED, post_id=post_id, text=text)
        _, made = Report.objects.get_or_create(
            account_id=account_id,
            post_id=post_id or 0,
            reporter_id=reporter_id,
            defaults={"case_id": case.pk, "reason": reason, "comment": comment},
        )
        if not made:
            raise AlreadyReported
        Case.objects.filter(id=case.pk).update(reports=F("reports") + 1)


def has_reported(reporter_id: int, account_id: int, post_id: int | None) -> bool:
    """Tell whether somebody has reported this already."""
    rows = Report.objects.filter(account_id=account_id, post_id=post_id or 0)
    return rows.filter(reporter_id=reporter_id).exists()


def of_case(case: Case) -> list[Report]:
    """Return the reports of a case, oldest first, SHOWN at most."""
    rows = Report.objects.filter(account_id=case.account_id, case_id=case.pk)
    return list(rows.order_by("created_at")[:SHOWN])


def open_case(
    *, account_id: int, kind: CaseKind, post_id: int | None, digest: str = "", **facts: object
) -> Case:
    """Return the open case about this, a new one where there is none; in the owner's transaction.

    The constraint keeps it to one, also where two come at once.
    """
    case, _ = Case.objects.get_or_create(
        account_id=account_id,
        kind=kind,
        post_id=post_id,
        digest=digest,
        verdict=Verdict.OPEN,
        defaults=facts,
    )
    return case
