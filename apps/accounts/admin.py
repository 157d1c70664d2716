"""Accounts and profiles in admin."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from apps.accounts import services
from apps.accounts.models import Account, Profile
from apps.sharding.admin import ScatterAdmin

# One door for all, with its limits and its second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Addresses, keys and links elsewhere are their accounts' own: nobody reads or changes them here.
for model in [one for one in admin.site._registry if one.__module__.startswith("allauth.")]:
    admin.site.unregister(model)

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
    actions = ("remove_second_factors",)

    @admin.action(description="Remove the second factors of the chosen accounts")
    def remove_second_factors(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        """Let people in who have lost their keys; an admin decides whom to believe."""
        if not _is_admin(request):
            raise PermissionDenied
        count, _ = Authenticator.objects.filter(user__in=queryset).delete()
        for account in queryset:
            self.log_change(request, account, "Removed the second factors.")
        messages.success(request, f"{count} keys removed.")

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
