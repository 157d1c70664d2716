"""By what staff narrow the lists of moderation."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.bundled.moderation.kinds import AppealState, CaseKind, Deed, Verdict


class Choice(admin.SimpleListFilter):
    """Narrows a list to one value of a column; `first` is what an unfiltered list shows."""

    choices_of: Any
    parameter_name: str
    first: str | None = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the values."""
        return [*self.choices_of.choices, *([("all", "all")] if self.first else [])]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the rows with the chosen one."""
        value = self.value() or self.first
        return (
            queryset.filter(**{self.parameter_name: value})
            if value not in (None, "all")
            else queryset
        )

    def choices(self, changelist: Any) -> Any:
        """Offer the values, and all where that is what an unfiltered list shows."""
        offered = list(super().choices(changelist))
        if self.first is None:
            return offered
        shown = self.value() or self.first
        for choice, (value, _) in zip(offered[1:], self.lookup_choices, strict=True):
            choice["selected"] = value == shown
        return offered[1:]


class VerdictFilter(Choice):
    """Open cases, unless asked otherwise."""

    title, parameter_name = "verdict", "verdict"
    choices_of, first = Verdict, Verdict.OPEN.value


class CaseKindFilter(Choice):
    """How cases came into the queue."""

    title, parameter_name = "kind", "kind"
    choices_of = CaseKind


class AppealStateFilter(Choice):
    """Open appeals, unless asked otherwise."""

    title, parameter_name = "state", "state"
    choices_of, first = AppealState, AppealState.OPEN.value


class DeedFilter(Choice):
    """What was done."""

    title, parameter_name = "deed", "deed"
    choices_of = Deed
