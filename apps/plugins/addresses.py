"""The URLs of plugins: not there while their plugin is off, guarded while it is on."""

from collections.abc import Callable
from functools import cache, partial, wraps
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.urls import URLPattern, URLResolver
from django.urls.exceptions import Resolver404
from django.urls.resolvers import ResolverMatch, RoutePattern

from apps.kernel.errors import RookeryError
from apps.plugins import guard, hooks, manager, switches
from apps.plugins.markers import Terms

REFUSALS = (Http404, PermissionDenied, SuspiciousOperation, RookeryError)
TERMS = Terms(seconds=3.0, queries=100, passes=REFUSALS)


class Gate(URLResolver):
    """URL patterns of one plugin."""

    def __init__(self, plugin: str, pattern: Any, patterns: Any, **options: Any) -> None:
        super().__init__(pattern, patterns, **options)
        self.plugin = plugin

    def resolve(self, path: str) -> ResolverMatch:
        """Find the view of a path; raises Resolver404 while the plugin is off."""
        if not switches.is_on(self.plugin):
            raise Resolver404({"path": path, "tried": []})
        match = super().resolve(path)
        match.func = guarded(self.plugin, match.func)
        return match


def urlpatterns() -> list[URLPattern | URLResolver]:
    """Return the patterns of all plugins, for the site's URLconf."""
    return [Gate(name, RoutePattern(""), found) for name, found in manager.collect(hooks.urls)]


@cache
def guarded(plugin: str, view: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """Return a view that raises PluginFailed where the plugin's own fails or takes too long."""
    name = f"view {view.__module__}.{getattr(view, '__qualname__', view)}"
    return guard.wrap(plugin, name, wraps(view)(partial(_rendered, view)), TERMS)


def _rendered(view: Callable[..., Any], *args: Any, **kwargs: Any) -> HttpResponse:
    response = view(*args, **kwargs)
    if callable(getattr(response, "render", None)):
        response.render()
    if not isinstance(response, HttpResponse) and not hasattr(response, "streaming_content"):
        raise TypeError(f"a view answers with an HttpResponse, not {type(response).__name__}")
    return response  # type: ignore[no-any-return]
