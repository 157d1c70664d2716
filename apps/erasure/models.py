"""What has become of the accounts that are deleted (directory)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Step(models.TextChoices):
    """What is done one after the other; each is written down before it is begun."""

    CLOSE = "close", _("nobody can sign in any longer")
    FOLLOWS = "follows", _("follows end both ways")
    LIKES = "likes", _("likes are taken back")
    POSTS = "posts", _("posts are deleted, with what others did on them")
    TELL = "tell", _("every part of the site is told")
    SETTLE = "settle", _("what was under way has ended")
    ROWS = "rows", _("all that is left is deleted, on every server")
    LOG = "log", _("the event log is blanked")
    BURY = "bury", _("the name is taken for ever")
    DONE = "done", _("done")


class Deletion(models.Model):
    """An account on its way out, and the receipt that stays of it: it says nothing of whom."""

    token = models.CharField(max_length=64, unique=True)
    # None once nothing is left that it would be the id of.
    account_id = models.BigIntegerField(unique=True, null=True)
    step = models.CharField(max_length=10, choices=Step, default=Step.CLOSE)
    # When each step was begun, and how many rows of each table are gone: at least so many.
    begun = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    # Until this moment a worker has it for itself.
    held_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["asked_at"],
                name="erasure_under_way",
                condition=models.Q(ended_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"deletion {self.pk}: {self.step}"
