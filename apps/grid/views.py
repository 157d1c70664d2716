"""The page of the running units, for the staff."""

import redis
from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.grid import units


@require_safe
@staff_member_required
def units_page(request: HttpRequest) -> HttpResponse:
    """List the units; say so where the server that they meet at does not answer."""
    away, found = False, []
    try:
        found = units.listed()
    except redis.RedisError:
        away = True
    now = timezone.now().timestamp()
    rows = [(unit, int(max(0, now - unit.since))) for unit in found]
    context = {"rows": rows, "away": away, "title": "Units", **admin.site.each_context(request)}
    return render(request, "grid/units.html", context, status=503 if away else 200)
