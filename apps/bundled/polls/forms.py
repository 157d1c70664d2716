"""The part of the composer that asks."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.bundled.polls import questions
from apps.bundled.polls.errors import PollRefused
from apps.bundled.polls.questions import MOST, Question

DURATIONS = (
    (300, _("5 minutes")),
    (1800, _("30 minutes")),
    (3600, _("1 hour")),
    (21600, _("6 hours")),
    (86400, _("1 day")),
    (259200, _("3 days")),
    (604800, _("7 days")),
)


class PollForm(forms.Form):
    """Options, of which empty ones do not count, and until when one may vote."""

    multiple = forms.BooleanField(required=False, label=_("Several may be chosen"))
    seconds = forms.TypedChoiceField(
        coerce=int,
        choices=DURATIONS,
        initial=86400,
        label=_("Ends after"),
    )

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(dict(fields) if fields else None, prefix=questions.NAME)
        # Room for characters of several code points: the question counts as people do.
        for number in range(1, MOST + 1):
            self.fields[f"option_{number}"] = forms.CharField(
                required=False, max_length=500, label=_("Option %(number)s") % {"number": number}
            )

    @property
    def titles(self) -> list[Any]:
        """The fields of the options."""
        return [self[f"option_{number}"] for number in range(1, MOST + 1)]

    @property
    def is_begun(self) -> bool:
        """Whether something was said in any option."""
        return any((field.value() or "").strip() for field in self.titles)

    def question(self) -> Question | None:
        """Return what is asked, None where no option says anything; raises PollRefused."""
        if not self.is_begun:
            return None
        if not self.is_valid():
            raise PollRefused(next(str(said) for errors in self.errors.values() for said in errors))
        said = self.cleaned_data
        titles = [said[f"option_{number}"] for number in range(1, MOST + 1)]
        return questions.question(titles, said["seconds"], multiple=said["multiple"])
