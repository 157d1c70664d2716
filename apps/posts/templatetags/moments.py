"""When something was, in UTC: the same on each page for as long as the page may be kept.

A script says it in the reader's own zone, and how long ago it is.
"""

from datetime import datetime
from functools import lru_cache

from django import template
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()

# Minutes whose words are kept: a page shows twenty posts, most pages the same ones.
KEPT = 4096


@register.filter(name="dated")
def dated(moment: datetime) -> str:
    """Return a day and a time of it, in few letters."""
    return _said(moment.replace(second=0, microsecond=0), _("j M Y, H:i"), get_language())


@register.filter(name="moment")
def spelled_out(moment: datetime) -> str:
    """Return a day and a time of it, with the name of the zone."""
    form = _("j F Y, H:i")
    return f"{_said(moment.replace(second=0, microsecond=0), form, get_language())} UTC"


@lru_cache(KEPT)
def _said(minute: datetime, form: str, language: str | None) -> str:
    return date_format(minute, form)
