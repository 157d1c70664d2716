"""Raises whenever it is called."""

from apps.plugins.markers import hookimpl


@hookimpl
def navigation():
    raise SystemExit("the navigation raises")


@hookimpl
def filter_draft(draft):
    raise ValueError("the filter raises")
