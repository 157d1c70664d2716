"""Notifications in admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from apps.accounts import selectors as accounts
from apps.accounts.errors import NoSuchAccount
from apps.notifications.models import Notification
from apps.sharding.admin import ScatterAdmin


@admin.register(Notification)
class NotificationAdmin(ScatterAdmin):
    """Who was notified of what, over all shards: to look at, by id or by @username."""

    list_display = ("id", "account_id", "kind", "actor_id", "post_id", "created_at", "bucket")
    list_filter = ("kind",)
    search_fields = ("=id", "=post_id")
    search_help_text = "An id, a post's id, or the @username of who was notified"
    readonly_fields = ("created_at",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Find an account's notifications by @username, otherwise search as usual."""
        if not search_term.startswith("@"):
            return super().get_search_results(request, queryset, search_term)
        try:
            account = accounts.account_named(search_term[1:])
        except NoSuchAccount:
            return queryset.none(), False
        return queryset.filter(account_id=account.pk), False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What somebody was told, was told."""
        return False
