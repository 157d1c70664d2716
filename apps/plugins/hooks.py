"""The hooks that any site has; those about posts and profiles are in the apps that call them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from apps.plugins.markers import hookspec


class Entry(NamedTuple):
    """A line of the navigation: its text, where it leads, and the name of its icon."""

    label: str
    url: str
    icon: str = "hash"


class Metric(NamedTuple):
    """A number to be watched; `name` in the form that Prometheus wants, `labels` as pairs."""

    name: str
    about: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def html(answer: Any) -> SafeString | None:
    """Take HTML, or text to be escaped, or None for nothing."""
    if not isinstance(answer, str | None):
        raise TypeError(f"expected HTML, got {type(answer).__name__}")
    return conditional_escape(answer) if answer else None


def entries(answer: Any) -> list[Entry]:
    """Take lines of the navigation."""
    return [Entry(*map(str, entry)) for entry in answer]


def patterns(answer: Any) -> list[URLPattern | URLResolver]:
    """Take patterns of a URLconf."""
    found = list(answer)
    if not all(isinstance(pattern, URLPattern | URLResolver) for pattern in found):
        raise TypeError("expected what path() and include() give")
    return found


def metrics_in(answer: Any) -> list[Metric]:
    """Take metrics, their values as numbers."""
    return [Metric(*metric)._replace(value=float(Metric(*metric).value)) for metric in answer]


@hookspec(shape=patterns)
def urls() -> Iterable[URLPattern | URLResolver]:
    """Return patterns for the site's URLconf; asked once, at the start.

    While the plugin is off they answer 404. A view may take 3 s and 100 queries.
    """
    raise NotImplementedError


@hookspec(shape=dict)
def beat_schedule() -> Mapping[str, Mapping[str, Any]]:
    """Return entries for Celery's `beat_schedule`; asked once, at the start.

    While the plugin is off its tasks are neither sent nor run.
    """
    raise NotImplementedError


@hookspec(seconds=0.25, queries=5, shape=entries)
def navigation(request: HttpRequest) -> Sequence[Entry]:
    """Return lines for the navigation, on every page."""
    raise NotImplementedError


@hookspec(seconds=0.25, queries=5, shape=html)
def head(request: HttpRequest) -> str | None:
    """Return HTML for the head of every page: links to feeds, say."""
    raise NotImplementedError


@hookspec(seconds=0.25, queries=5, shape=html)
def notices(request: HttpRequest) -> str | None:
    """Return HTML to be shown above the content of every page, until it was read."""
    raise NotImplementedError


@hookspec(seconds=0.5, queries=10, shape=html)
def column(request: HttpRequest) -> str | None:
    """Return HTML for the column at the side of every page."""
    raise NotImplementedError


@hookspec(seconds=0.5, queries=20, shape=html)
def settings_part(request: HttpRequest) -> str | None:
    """Return HTML for the page of an account's settings; forms in it post to the plugin's URLs."""
    raise NotImplementedError


@hookspec(seconds=2.0, queries=20)
def admin_changed(request: HttpRequest) -> None:
    """Take note that staff have changed something in admin, by this request."""
    raise NotImplementedError


@hookspec(seconds=2.0, queries=20, shape=metrics_in)
def metrics() -> Sequence[Metric]:
    """Return numbers to be watched, as they are now."""
    raise NotImplementedError
