"""How long ago something was, in as few letters as do."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.kernel import dependencies

register = template.Library()

STEPS = ((timedelta(minutes=1), "s"), (timedelta(hours=1), "min"), (timedelta(days=1), "h"))
JUST_NOW = 5
UNITS = {"s": 1, "min": 60, "h": 3600}


@register.filter
def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return `now`, `40 s`, `5 min`, `3 h`, then the day, with the year where it is another."""
    now = now or timezone.now()
    passed = (now - moment).total_seconds()
    if passed < JUST_NOW:
        dependencies.good_for(JUST_NOW - max(0, passed))
        return _("now")
    for limit, unit in STEPS:
        if passed < limit.total_seconds():
            dependencies.good_for(UNITS[unit] - passed % UNITS[unit])
            return f"{int(passed) // UNITS[unit]} {unit}"
    # Its year may be another one in an hour, somewhere.
    dependencies.good_for(3600)
    return date_format(moment, _("j M") if moment.year == now.year else _("j M Y"))


@register.filter(name="moment")
def spelled_out(moment: datetime) -> str:
    """Return a day and a time of it in UTC; a script says both in the reader's own zone."""
    form = _("j F Y, H:i")
    return f"{date_format(moment, form)} UTC"
