"""Accounts and profiles in admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest

from apps.accounts import services
from apps.accounts.forms import StaffSignInForm
from apps.accounts.models import Account, Profile
from apps.sharding.admin import ScatterAdmin

admin.site.login_form = StaffSignInForm

RIGHTS = ("is_staff", "is_superuser", "groups")


@admin.register(Account)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    """Who may sign in, and who moderates. Accounts are made by signing up."""

    list_display = ("username", "email", "id", "joined_at", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "email", "=id")
    ordering = ("-id",)
    readonly_fields = ("id", "username", "joined_at", "last_login")
    fieldsets = (
        (None, {"fields": ("id", "username", "email", "password")}),
        ("What it may do", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("When", {"fields": ("joined_at", "last_login")}),
    )
    filter_horizontal = ("groups",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only admins say who else may use the admin, and for what."""
        found = super().get_readonly_fields(request, obj)
        return found if _is_admin(request) else (*found, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of the staff's own accounts, passwords too, only admins change anything."""
        is_staff = isinstance(obj, Account) and (obj.is_staff or obj.is_superuser)
        return super().has_change_permission(request, obj) and (not is_staff or _is_admin(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An account has a profile on a shard: only signing up makes both."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """An account has rows on every shard; take away its right to sign in instead."""
        return False


@admin.register(Profile)
class ProfileAdmin(ScatterAdmin):
    """The public side of accounts, over all shards."""

    list_display = ("username", "name", "id", "bucket")
    search_fields = ("username", "name", "=id")
    fields = ("id", "username", "name", "bio", "picture")
    readonly_fields = ("id", "username", "picture")

    def save_model(self, request: HttpRequest, obj: Profile, form: Any, change: bool) -> None:
        """Store it the way the account itself would."""
        services.edit_profile(account_id=obj.pk, name=obj.name, bio=obj.bio)


def _is_admin(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
