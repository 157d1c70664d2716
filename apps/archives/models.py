"""The archives that accounts have asked for (directory)."""

from datetime import timedelta

from django.db import models

KEPT = timedelta(days=7)


class Export(models.Model):
    """One account's archive: asked for, being made, or there for a week."""

    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"

    account_id = models.BigIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    # When a worker last said how far it is.
    moved_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    # In the storage of archives; no address leads there.
    file = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=["state", "asked_at"], name="archives_export_by_age"),)

    def __str__(self) -> str:
        return f"archive of {self.account_id}, {self.state}"

    @property
    def percent(self) -> int:
        """How much of it is made."""
        return min(100, 100 * self.done // self.total) if self.total else 0
