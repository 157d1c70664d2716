"""The outbox on each shard, and what has become of its events."""

from django.db import models

from apps.sharding.models import IdField, ShardedModel


class Event(ShardedModel):
    """A fact, stored in the transaction that made it true; kept as the event log."""

    shard_keys = ("id", "key")

    id = IdField(of="key")
    key = models.BigIntegerField()
    topic = models.CharField(max_length=100)
    payload = models.JSONField()
    handed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(ShardedModel.Meta):
        indexes = (
            models.Index(
                fields=["id"],
                name="events_event_waiting",
                condition=models.Q(finished_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


class Delivery(ShardedModel):
    """One subscriber is done with one event (on the event's shard)."""

    shard_keys = ("event_id",)

    pk = models.CompositePrimaryKey("event_id", "subscriber")
    event_id = models.BigIntegerField()
    subscriber = models.CharField(max_length=200)
    delivered_at = models.DateTimeField(auto_now_add=True)

    class Meta(ShardedModel.Meta):
        pass


class Receipt(ShardedModel):
    """An event had its effect on one owner's rows: stored in the transaction of that effect."""

    shard_keys = ("owner_id",)

    pk = models.CompositePrimaryKey("owner_id", "event_id", "effect")
    owner_id = models.BigIntegerField()
    event_id = models.BigIntegerField()
    effect = models.CharField(max_length=100)

    class Meta(ShardedModel.Meta):
        pass
