"""What accounts and staff fill in."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.bundled.moderation import cases
from apps.bundled.moderation.kinds import Reason, Verdict
from apps.bundled.moderation.models import MOST_REASON, Case


class ReportForm(forms.Form):
    """Why something is reported."""

    reason = forms.ChoiceField(
        label=_("What is wrong?"), choices=Reason.choices, widget=forms.RadioSelect
    )
    comment = forms.CharField(
        required=False,
        max_length=1000,
        label=_("What should the moderators know?"),
        help_text=_("You may leave this empty. Only moderators read it."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AppealForm(forms.Form):
    """Why an action was wrong."""

    text = forms.CharField(
        max_length=2000,
        label=_("Why should the moderators think again?"),
        help_text=_("You can appeal once, so say all that matters. 2,000 characters at most."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class VerdictForm(forms.Form):
    """What staff decide on a case."""

    verdict = forms.ChoiceField(widget=forms.RadioSelect)
    reason = forms.CharField(
        max_length=MOST_REASON,
        required=False,
        help_text="The account reads it, and the audit log keeps it. Not needed to dismiss.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=3650,
        label="Suspended for so many days",
        help_text="Leave it empty to suspend for good. Only looked at when you suspend.",
    )

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["verdict"].choices = [  # type: ignore[attr-defined]
            (verdict.value, verdict.label) for verdict in cases.verdicts(case)
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where somebody is told of it; turn days into a moment."""
        found = super().clean() or {}
        quiet = (Verdict.DISMISS, Verdict.PUBLISH)
        if found.get("verdict") and found["verdict"] not in quiet and not found.get("reason"):
            self.add_error("reason", "Say why: the account is told.")
        days = found.get("days") if found.get("verdict") == Verdict.SUSPEND else None
        found["until"] = timezone.now() + timedelta(days=days) if days else None
        return found


class AnswerForm(forms.Form):
    """What staff answer to an appeal."""

    upheld = forms.TypedChoiceField(
        label="Answer",
        choices=[("yes", "uphold: take the action back"), ("no", "deny: the action stands")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        max_length=1000,
        label="What the account is told",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
