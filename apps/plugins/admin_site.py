"""The admin site, in which pages of plugins are there while their plugin is on."""

from functools import wraps
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver

from apps.plugins import calls, discovery, hooks, switches
from apps.plugins.addresses import Gate


class Site(admin.AdminSite):
    """Django's, without what is off."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return what the index lists."""
        found = super().get_app_list(request, app_label)
        return [app for app in found if not switches.is_silent(_module(app["app_label"]))]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return the pages, those of plugins behind their gates."""
        return [_gated(pattern) for pattern in super().get_urls()]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return a page with its checks; plugins are told where somebody has changed something."""
        checked = super().admin_view(view, cacheable)

        @wraps(checked)
        def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response: HttpResponse = checked(request, *args, **kwargs)
            # A form that is refused, or asks once more, is shown; one that is done leads elsewhere.
            done = request.method == "POST" and response.status_code == 302
            if done and request.user.is_authenticated:
                calls.gather(hooks.admin_changed, request=request)
            return response

        return told


def _gated(pattern: URLPattern | URLResolver) -> URLPattern | URLResolver:
    label = str(pattern.pattern).partition("/")[0]
    owner = discovery.owner_of(_module(label))
    if owner is None or not isinstance(pattern, URLResolver):
        return pattern
    return Gate(owner, pattern.pattern, pattern.urlconf_name)


def _module(label: str) -> str:
    try:
        return apps.get_app_config(label).name
    except LookupError:
        return ""
