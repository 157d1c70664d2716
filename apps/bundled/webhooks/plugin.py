"""Telling servers of others what happens here: signed, tried again, once a delivery id."""

from collections.abc import Mapping
from typing import Any

from apps.plugins.markers import hookimpl


@hookimpl
def beat_schedule() -> Mapping[str, Mapping[str, Any]]:
    """What was told is kept for two weeks."""
    return {"webhooks-trim": {"task": "webhooks.trim", "schedule": 3600.0}}
