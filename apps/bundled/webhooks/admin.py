"""Webhooks in admin: declared, switched on and off; what they were told."""

import secrets
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest

from apps.bundled.webhooks.events import DeliveryDue
from apps.bundled.webhooks.models import Delivery, Webhook
from apps.events import registry
from apps.outgoing import targets
from apps.outgoing.errors import NotAllowed
from apps.sharding.admin import ScatterAdmin
from apps.sharding.ids import time_of


def topics() -> list[tuple[str, str]]:
    """Return the topics that may be wanted."""
    return [(topic, topic) for topic in registry.topics() if topic != DeliveryDue.topic]


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    """What staff says of a webhook."""

    topics = forms.MultipleChoiceField(choices=topics, widget=forms.CheckboxSelectMultiple)
    secret = forms.CharField(
        min_length=16,
        max_length=200,
        help_text="The receiver needs it to tell that a message is from here.",
    )

    class Meta:
        model = Webhook
        fields = ("url", "topics", "secret", "is_on")

    def clean_url(self) -> str:
        """Refuse what is never asked; where a name leads is looked at each time."""
        url: str = self.cleaned_data["url"]
        try:
            port = targets.parse(url).port
        except NotAllowed as refusal:
            raise ValidationError(str(refusal)) from refusal
        if port not in targets.PORTS.values():
            raise ValidationError(f"Port {port} is not asked. Use 80 or 443.")
        return url


@admin.register(Webhook)
class WebhookAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Webhooks, with what is wrong with them."""

    form = WebhookForm
    list_display = ("url", "is_on", "failing_since", "failures", "note")
    readonly_fields = ("note", "failing_since", "failures")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Offer a secret that nobody guesses."""
        return {"secret": secrets.token_urlsafe(32)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was changed, and nothing that workers count; switched on, it begins anew."""
        if not change:
            obj.save()
            return
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        if values.get("is_on"):
            values |= {"note": "", "failing_since": None, "failures": 0, "rests_until": None}
        Webhook.objects.filter(pk=obj.pk).update(**values)


class WebhookFilter(admin.SimpleListFilter):
    """Narrows a list to one webhook."""

    title, parameter_name = "webhook", "webhook_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the webhooks that there are."""
        return [(str(hook.pk), hook.url) for hook in Webhook.objects.all()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the rows of the chosen webhook."""
        value = self.value() or ""
        return queryset.filter(webhook_id=int(value)) if value.isdecimal() else queryset


@admin.register(Delivery)
class DeliveryAdmin(ScatterAdmin):
    """What was told to whom; what failed for good is among the dead letters of events."""

    list_display = ("id", "webhook_id", "topic", "state", "attempts", "status", "error", "when")
    list_filter = ("state", WebhookFilter)
    search_fields = ("=id", "=event_id")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was told, was told."""
        return False

    @admin.display(description="when")
    def when(self, row: Delivery) -> Any:
        """When it was made; its id says so."""
        return time_of(row.pk)
