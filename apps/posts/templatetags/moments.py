"""When something was, in UTC: the same on each page for as long as the page may be kept.

A script says it in the reader's own zone, and how long ago it is.
"""

from datetime import date, datetime, time
from functools import lru_cache

from django import template
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()

# Days whose words are kept.
KEPT = 4096
# The clock in a form: all that differs from one moment of a day to the next.
CLOCK = "H:i"


@register.filter(name="dated")
def dated(moment: datetime) -> str:
    """Return a day and a time of it, in few letters."""
    return _said(moment, _("j M Y, H:i"))


@register.filter(name="moment")
def spelled_out(moment: datetime) -> str:
    """Return a day and a time of it, with the name of the zone."""
    return f"{_said(moment, _('j F Y, H:i'))} UTC"


def _said(moment: datetime, form: str) -> str:
    return _of_day(moment.date(), form, get_language()).replace(CLOCK, f"{moment:%H:%M}")


@lru_cache(KEPT)
def _of_day(day: date, form: str, language: str | None) -> str:
    """Return the words of a day, in which the clock is still to be set."""
    return date_format(datetime.combine(day, time()), form.replace(CLOCK, r"\H:\i"))
