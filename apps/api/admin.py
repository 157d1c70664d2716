"""Apps in admin: looked at and thrown out, never written. Tokens and codes are nobody's to see."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from oauth2_provider.models import AccessToken, DeviceGrant, Grant, IDToken, RefreshToken

from apps.api.models import Application

for hidden in (AccessToken, DeviceGrant, Grant, IDToken, RefreshToken, Application):
    if admin.site.is_registered(hidden):
        admin.site.unregister(hidden)


@admin.register(Application)
class ApplicationAdmin(admin.ModelAdmin):
    """Whoever deletes an app ends all its tokens."""

    list_display = ("name", "website", "scopes", "created")
    fields = readonly_fields = ("name", "website", "scopes", "redirect_uris", "created")
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Apps make themselves known."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What an app is, it has said itself."""
        return False
