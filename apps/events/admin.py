"""The event log and the dead letters in admin, over all shards."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from apps.events import registry, replays, stats
from apps.events.models import DeadLetter, Event
from apps.sharding.admin import ScatterAdmin
from apps.sharding.ids import time_of


class TopicFilter(admin.SimpleListFilter):
    """Narrows a list to one topic."""

    title = parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the topics that are declared."""
        return [(topic, topic) for topic in registry.topics()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the rows of the chosen topic."""
        return queryset.filter(topic=self.value()) if self.value() else queryset


class ReadOnly(ScatterAdmin):
    """Rows that are made by the program and only looked at."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What has happened, has happened."""
        return False

    @admin.display(description="when")
    def when(self, row: Event | DeadLetter) -> Any:
        """When it was made; its id says so."""
        return time_of(row.pk)


@admin.register(Event)
class EventAdmin(ReadOnly):
    """The event log: what happened, and whether all that follows from it is done."""

    list_display = ("id", "topic", "key", "when", "finished_at", "bucket")
    list_filter = (TopicFilter,)
    search_fields = ("=id", "=key")
    change_list_template = "events/log_change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show above the list what waits on each shard, and how old the oldest of it is."""
        found = stats.of_shards(timezone.now())
        return super().changelist_view(request, {**(extra_context or {}), "stats": found})


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnly):
    """What failed for good, with its error, to be replayed once the cause is mended."""

    list_display = ("id", "topic", "subscriber", "attempts", "error", "when")
    list_filter = (TopicFilter,)
    search_fields = ("=id", "=event_id", "error")
    actions = ("replay",)

    @admin.action(description="Deliver the selected letters once more", permissions=["view"])
    def replay(self, request: HttpRequest, queryset: Any) -> None:
        """Deliver letters once more, wherever they lie."""
        wanted = [int(v) for v in request.POST.getlist(ACTION_CHECKBOX_NAME) if v.isdecimal()]
        count = replays.replay_letters(DeadLetter.objects.get_many(wanted).values())
        self.message_user(request, f"{count} letters are on their way again.")
