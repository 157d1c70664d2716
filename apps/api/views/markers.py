"""How far one has read."""

from typing import Any

from django.http import HttpRequest

from apps.accounts.requests import account_of
from apps.api import markers, params
from apps.api.endpoints import endpoint
from apps.api.entities import shapes
from apps.api.models import Marker


@endpoint("read:statuses")
def show(request: HttpRequest) -> dict[str, Any]:
    """Show the markers that are asked for."""
    wanted = params.of(request).texts("timeline")
    found = markers.of(account_of(request).pk)
    return {name: _entity(row) for name, row in found.items() if name in wanted}


@endpoint("write:statuses")
def move(request: HttpRequest) -> dict[str, Any]:
    """Move markers forward."""
    said, account_id = params.of(request), account_of(request).pk
    places = {name: said.id(f"{name}[last_read_id]") for name in markers.TIMELINES}
    moved = {name: place for name, place in places.items() if place is not None}
    for name, place in moved.items():
        markers.move(account_id=account_id, timeline=name, last_read_id=place)
    found = markers.of(account_id)
    return {name: _entity(found[name]) for name in moved}


def _entity(row: Marker) -> dict[str, Any]:
    return {
        "last_read_id": str(row.last_read_id),
        "version": row.version,
        "updated_at": shapes.stamp(row.updated_at),
    }
