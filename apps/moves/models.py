"""What is written down of each move before it is done, so that another process can go on."""

from django.db import models


class Step(models.TextChoices):
    """What a move does next, or is doing; each is safe to begin again."""

    PLANNED = "planned", "tell every process that it begins"
    COPYING = "copying", "copy rows, and follow what changes"
    LEAVING = "leaving", "wait for who writes already"
    FENCING = "fencing", "keep writers out, wait for the last rows"
    FLIPPING = "flipping", "change the map"
    OPENED = "opened", "end the replication"
    CLEANING = "cleaning", "remove the old rows"
    DONE = "done", "nothing"
    ABORTING = "aborting", "take all back"
    ABORTED = "aborted", "nothing"


ENDED = (Step.DONE, Step.ABORTED)
# Until here all can be taken back; from there on it can only go forward.
UNDOABLE = (Step.PLANNED, Step.COPYING, Step.LEAVING, Step.FENCING, Step.ABORTING)


class Move(models.Model):
    """Buckets on their way from one server to another (directory)."""

    buckets = models.JSONField()
    source = models.CharField(max_length=63)
    target = models.CharField(max_length=63)
    step = models.CharField(max_length=10, choices=Step, default=Step.PLANNED)
    rows = models.BigIntegerField(default=0)
    stall_ms = models.FloatField(null=True)
    begun_at = models.DateTimeField(auto_now_add=True)
    flipped_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"move {self.pk}: {len(self.buckets)} buckets from {self.source} to {self.target}"

    @property
    def name(self) -> str:
        """The name of its publication, subscription and slot."""
        return f"rookery_move_{self.pk}"
