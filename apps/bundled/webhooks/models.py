"""Who is told of events over HTTP (directory), and what was told (the shard of the event)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.sharding.models import IdField, ShardedModel


class Webhook(models.Model):
    """A server that wants to be told of the events of some topics."""

    url = models.CharField("address", max_length=500)
    topics = ArrayField(models.CharField(max_length=100))
    secret = models.CharField(max_length=200)
    is_on = models.BooleanField("on", default=True)
    # Why it was switched off.
    note = models.CharField(max_length=500, blank=True)
    # Since when it fails, how often in a row, and until when it is left alone.
    failing_since = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.url


class Delivery(ShardedModel):
    """One event for one webhook. Its id is told along: whoever gets it twice knows by that."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"
        SKIPPED = "skipped"

    shard_keys = ("id", "key")

    id = IdField(of="key")
    key = models.BigIntegerField()
    webhook_id = models.BigIntegerField()
    event_id = models.BigIntegerField()
    topic = models.CharField(max_length=100)
    data = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta(ShardedModel.Meta):
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"
