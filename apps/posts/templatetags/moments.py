"""How long ago something was, in as few letters as do."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()

STEPS = ((timedelta(minutes=1), "s"), (timedelta(hours=1), "min"), (timedelta(days=1), "h"))
UNITS = {"s": 1, "min": 60, "h": 3600}


@register.filter
def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return `now`, `40 s`, `5 min`, `3 h`, then the day, with the year where it is another."""
    now = now or timezone.now()
    passed = now - moment
    if passed < timedelta(seconds=5):
        return "now"
    for limit, unit in STEPS:
        if passed < limit:
            return f"{int(passed.total_seconds()) // UNITS[unit]} {unit}"
    return date_format(moment, "j M" if moment.year == now.year else "j M Y")
