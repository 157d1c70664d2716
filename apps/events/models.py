"""The outbox on each shard, and what has become of its events."""

from django.db import models

from apps.sharding.models import IdField, ShardedModel
from apps.tracing.trace import LONGEST


class Event(ShardedModel):
    """A fact, stored in the transaction that made it true; kept as the event log."""

    shard_keys = ("id", "key")

    id = IdField(of="key")
    key = models.BigIntegerField()
    topic = models.CharField(max_length=100)
    payload = models.JSONField()
    # In whose name it was recorded: the id of a request, or of a few with commas between.
    request_id = models.CharField(max_length=LONGEST, default="", db_default="")
    handed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(ShardedModel.Meta):
        indexes = (
            models.Index(
                fields=["id"],
                name="events_event_waiting",
                condition=models.Q(finished_at__isnull=True),
            ),
            models.Index(fields=["finished_at"], name="events_event_finished"),
            models.Index(fields=["key", "id"], name="events_event_of_key"),
        )

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


class Delivery(ShardedModel):
    """One event for one subscriber (on the event's shard): what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        DEAD = "dead"

    shard_keys = ("event_id",)

    pk = models.CompositePrimaryKey("event_id", "subscriber")
    event_id = models.BigIntegerField()
    subscriber = models.CharField(max_length=200)
    key = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()

    class Meta(ShardedModel.Meta):
        indexes = (
            models.Index(
                fields=["subscriber", "key", "event_id"],
                name="events_delivery_waiting",
                condition=models.Q(state="waiting"),
            ),
        )


class DeadLetter(ShardedModel):
    """An event that a subscriber failed for good, with the error; kept until it is replayed."""

    shard_keys = ("id", "event_id")

    id = IdField(of="event_id")
    event_id = models.BigIntegerField()
    subscriber = models.CharField(max_length=200)
    topic = models.CharField(max_length=100)
    attempts = models.PositiveSmallIntegerField()
    error = models.CharField(max_length=500)
    traceback = models.TextField()

    class Meta(ShardedModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=["event_id", "subscriber"], name="events_deadletter_one"
            ),
        )

    def __str__(self) -> str:
        return f"{self.topic} for {self.subscriber}"


class Receipt(ShardedModel):
    """An event had its effect on one owner's rows: stored in the transaction of that effect."""

    shard_keys = ("owner_id",)

    pk = models.CompositePrimaryKey("owner_id", "event_id", "effect")
    owner_id = models.BigIntegerField()
    event_id = models.BigIntegerField()
    effect = models.CharField(max_length=100)

    class Meta(ShardedModel.Meta):
        pass
