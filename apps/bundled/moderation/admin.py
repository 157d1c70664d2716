"""For staff: the review queue, appeals, suspensions, the word rules and the audit log."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from apps.accounts.requests import account_of
from apps.bundled.moderation import actions, appeals, cases, reports, rules, suspensions
from apps.bundled.moderation.desk import AboutAccounts, lines, names
from apps.bundled.moderation.filters import (
    AppealStateFilter,
    CaseKindFilter,
    DeedFilter,
    VerdictFilter,
)
from apps.bundled.moderation.forms import AnswerForm, VerdictForm
from apps.bundled.moderation.kinds import AppealState, Verdict
from apps.bundled.moderation.models import Action, Appeal, Case, Rule, Suspension
from apps.kernel.errors import RookeryError
from apps.pictures import selectors as pictures
from apps.posts.hooks import texts_in


@admin.register(Case)
class CaseAdmin(AboutAccounts):
    """The review queue: open reports, held and marked posts."""

    list_display = ("id", "opened_at", "kind", "account", "excerpt", "reports", "why", "verdict")
    list_filter = (VerdictFilter, CaseKindFilter)

    @admin.display(description="text")
    def excerpt(self, case: Case) -> str:
        """The first words."""
        return case.text[:80]

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        """Show a case with all that is known, and decide it."""
        case = self.row_or_404(request, object_id)
        deciding = request.method == "POST" and self.may_decide(request)
        form = VerdictForm(case, request.POST if deciding else None)
        if deciding and form.is_valid() and _decide(case, form, account_of(request).pk):
            return self.listed(request, f"Case {case.pk}: {case.get_kind_display()}, decided.")
        filed = reports.of_case(case)
        who = names([case.decided_by, *(report.reporter_id for report in filed)])
        return self.page(
            request,
            case,
            "moderation/admin/case.html",
            form=form,
            told=[{"report": report, "by": who[report.reporter_id]} for report in filed],
            decided_by=who[case.decided_by],
            is_open=case.verdict == Verdict.OPEN,
            beside=list(texts_in(case.extras)),
            pictures=pictures.unposted(case.picture_ids, author_id=case.account_id),
        )


@admin.register(Appeal)
class AppealAdmin(AboutAccounts):
    """What accounts answer to what was done to them."""

    list_display = ("id", "made_at", "account", "excerpt", "state")
    list_filter = (AppealStateFilter,)

    @admin.display(description="text")
    def excerpt(self, appeal: Appeal) -> str:
        """The first words."""
        return appeal.text[:80]

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        """Show an appeal with the action that it is against, and answer it."""
        appeal = self.row_or_404(request, object_id)
        deciding = request.method == "POST" and self.may_decide(request)
        form = AnswerForm(request.POST if deciding else None)
        if deciding and form.is_valid() and _answer(appeal, form, account_of(request).pk):
            return self.listed(request, f"Appeal {appeal.pk} is answered.")
        return self.page(
            request,
            appeal,
            "moderation/admin/appeal.html",
            form=form,
            against=lines([found] if (found := actions.get(appeal.pk)) else []),
            decided_by=names([appeal.answered_by])[appeal.answered_by],
            is_open=appeal.state == AppealState.OPEN,
        )


@admin.register(Action)
class ActionAdmin(AboutAccounts):
    """The audit log: who did what to whom, when and why. Nothing in it is changed or deleted."""

    list_display = ("id", "at", "deed", "account", "by", "reason", "until")
    list_filter = (DeedFilter,)
    search_fields = ("=id", "=account_id", "=by_id", "=case_id", "=post_id")
    search_help_text = "An id (of a line, an account, who did it, a case, a post), or @username"

    @admin.display(description="by")
    def by(self, action: Action) -> str:
        """Who did it."""
        return str(action.names[action.by_id])  # type: ignore[attr-defined]


@admin.register(Suspension)
class SuspensionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who is suspended; cases suspend, here that is lifted."""

    list_display = ("account_id", "name", "until", "reason")
    list_per_page = 25
    search_fields = ("=account_id", "reason")
    actions = ("lift",)

    @admin.display(description="account")
    def name(self, row: Suspension) -> str:
        """Who it is."""
        return names([row.account_id])[row.account_id]

    @admin.action(description="Lift the selected suspensions", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: Any) -> None:
        """Let the accounts sign in again."""
        chosen = list(queryset.values_list("account_id", flat=True))
        for account_id in chosen:
            suspensions.lift(account_id=account_id, by_id=account_of(request).pk, reason="")
        self.message_user(request, f"{len(chosen)} suspensions lifted.")

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Whoever may change suspensions by Django's permissions."""
        return bool(request.user.has_perm("moderation.change_suspension"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A suspension follows from a case."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It follows from the audit log."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It is lifted instead: that is kept in the audit log."""
        return False


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The word rules."""

    list_display = ("pattern", "kind", "treatment", "reason", "position", "is_on")
    list_filter = ("treatment", "is_on")

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        """Store a rule, and who wrote it."""
        what = "changed" if change else "added"
        rules.save(obj, by_id=account_of(request).pk, change=what)

    def delete_model(self, request: HttpRequest, obj: Rule) -> None:
        """Delete a rule, and note who did."""
        rules.delete(obj, by_id=account_of(request).pk)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete rules one by one, each noted."""
        for rule in queryset:
            self.delete_model(request, rule)


def _decide(case: Case, form: VerdictForm, by_id: int) -> bool:
    found = form.cleaned_data
    verdict, reason, until = Verdict(found["verdict"]), found["reason"], found["until"]
    try:
        cases.decide(case_id=case.pk, by_id=by_id, verdict=verdict, reason=reason, until=until)
    except RookeryError as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _answer(appeal: Appeal, form: AnswerForm, by_id: int) -> bool:
    try:
        appeals.answer(appeal_id=appeal.pk, by_id=by_id, **form.cleaned_data)
    except RookeryError as refusal:
        form.add_error(None, str(refusal))
        return False
    return True
