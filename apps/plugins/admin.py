"""Plugins in admin: switched on and off, and what went wrong in them."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import HttpRequest

from apps.plugins import discovery, manager, switches
from apps.plugins.models import Fault, Switch


class LookedAt(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that the program makes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody makes rows by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes rows by hand."""
        return False


@admin.register(Switch)
class SwitchAdmin(LookedAt):
    """The plugins, each with its switch."""

    list_display = ("name", "about", "state_now", "reason", "hooks", "faults", "changed_at")
    actions = ("turn_on", "turn_off")

    def has_switch_permission(self, request: HttpRequest) -> bool:
        """Whoever may change plugins by Django's permissions."""
        return bool(request.user.has_perm("plugins.change_switch"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """List what is installed, also what was never switched."""
        fresh = [
            Switch(name=name, state=switches.standing(name).state, version=0)
            for name in discovery.loaded()
        ]
        Switch.objects.using(switches.DIRECTORY).bulk_create(fresh, ignore_conflicts=True)
        for name, why in manager.broken().items():
            last = why.strip().splitlines()[-1]
            self.message_user(request, f"{name} cannot be used: {last}", messages.ERROR)
        return super().changelist_view(request, extra_context)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out what is no longer installed."""
        found = super().get_queryset(request).using(switches.DIRECTORY)
        return found.filter(name__in=list(discovery.loaded()))

    @admin.display(description="about")
    def about(self, row: Switch) -> str:
        """What it says of itself."""
        return manager.about(row.name)

    @admin.display(description="state", ordering="state")
    def state_now(self, row: Switch) -> str:
        """On, off, quarantined, or not to be used."""
        broken = row.name in manager.broken()
        return "cannot be used" if broken else Switch.State(row.state).label

    @admin.display(description="hooks")
    def hooks(self, row: Switch) -> str:
        """Where the core calls it."""
        return ", ".join(manager.hooks_of(row.name))

    @admin.display(description="faults")
    def faults(self, row: Switch) -> int:
        """How many are written down."""
        return Fault.objects.filter(plugin=row.name).count()

    @admin.action(description="Switch on", permissions=["switch"])
    def turn_on(self, request: HttpRequest, queryset: Any) -> None:
        """Switch the selected plugins on in all units."""
        self._switch(request, Switch.State.ON)

    @admin.action(description="Switch off", permissions=["switch"])
    def turn_off(self, request: HttpRequest, queryset: Any) -> None:
        """Switch the selected plugins off in all units."""
        self._switch(request, Switch.State.OFF)

    def _switch(self, request: HttpRequest, state: str) -> None:
        chosen = [n for n in request.POST.getlist(ACTION_CHECKBOX_NAME) if n in discovery.loaded()]
        for name in chosen:
            switches.switch(name, state, f"by {request.user}")
        self.message_user(request, f"Switched {state}: {', '.join(chosen)}.")


@admin.register(Fault)
class FaultAdmin(LookedAt):
    """Calls that were cut off, with their tracebacks."""

    list_display = ("at", "plugin", "hook", "unit", "error")
    list_filter = ("plugin",)
    search_fields = ("plugin", "hook", "error")
    list_per_page = 50
