"""The refusal of throttling."""

import math

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.kernel.errors import RookeryError


class TooMany(RookeryError):
    """Somebody does something too often; `wait` is the seconds until it may be done again."""

    def __init__(self, limit: str, wait: float) -> None:
        self.limit = limit
        self.wait = max(1, math.ceil(wait))
        said = _("That was too often. Try again in %(wait)s.")
        super().__init__(said % {"wait": _spoken(self.wait)})


def _spoken(seconds: int) -> str:
    if seconds < 90:
        return ngettext("%(number)d second", "%(number)d seconds", seconds) % {"number": seconds}
    minutes = math.ceil(seconds / 60)
    return ngettext("%(number)d minute", "%(number)d minutes", minutes) % {"number": minutes}
