"""Which plugins are on, and what went wrong in them: two tables of the directory."""

from django.db import models


class Switch(models.Model):
    """A plugin's switch. `version` grows with every change, so that a late one is noticed."""

    class State(models.TextChoices):
        ON = "on", "on"
        OFF = "off", "off"
        QUARANTINED = "quarantined", "quarantined: switched off after faults"

    name = models.CharField(max_length=40, primary_key=True)
    state = models.CharField(max_length=12, choices=State)
    reason = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "plugin"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Fault(models.Model):
    """A call of a plugin that was cut off, with its traceback; the newest are kept."""

    plugin = models.CharField(max_length=40)
    hook = models.CharField(max_length=200)
    unit = models.CharField(max_length=100)
    error = models.CharField(max_length=500)
    traceback = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["plugin", "-id"], name="plugins_fault_of_plugin"),)

    def __str__(self) -> str:
        return f"{self.plugin}: {self.error}"
