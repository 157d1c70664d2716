"""Pictures, on the shard of the account that uploaded them."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.sharding import ids
from apps.sharding.models import IdField, ShardedModel


class State(models.IntegerChoices):
    """How far a picture is: its row comes first, so that no file is without one."""

    COMING = 0
    STORED = 1
    READY = 2


class Picture(ShardedModel):
    """A picture, of one post once that is stored. A `ready` one has a thumbnail."""

    shard_keys = ("id", "post_id", "author_id")
    cache_tags: ClassVar = {"post": "post_id"}

    id = IdField(of="author_id")
    author_id = models.BigIntegerField()
    # None until it is posted; then its place among the pictures of that post.
    post_id = models.BigIntegerField(null=True)
    place = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=100)
    # A draft that waits for somebody names it: the sweep leaves it.
    held = models.BooleanField(default=False)
    state = models.PositiveSmallIntegerField(choices=State, default=State.COMING)
    alt = models.TextField(blank=True)
    # What must stay in sight where a picture is cut: from -1 (left, bottom) to 1 (right, top).
    focus_x = models.FloatField(default=0)
    focus_y = models.FloatField(default=0)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()

    class Meta(ShardedModel.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(focus_x__range=(-1, 1), focus_y__range=(-1, 1)),
                name="pictures_picture_focus_is_inside",
            ),
        )
        indexes = (
            models.Index(
                fields=["post_id", "place"],
                condition=Q(post_id__isnull=False),
                name="pictures_picture_of_post",
            ),
            models.Index(
                F("id"), condition=Q(post_id=None, held=False), name="pictures_picture_unposted"
            ),
        )

    def __str__(self) -> str:
        return f"picture {self.pk}"

    @property
    def uploaded_at(self) -> datetime:
        """When it was uploaded."""
        return ids.time_of(self.pk)
