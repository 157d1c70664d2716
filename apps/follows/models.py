"""Who follows whom, on the follower's shard, indexed by the followed account."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.sharding.models import ShardedModel
from apps.sharding.tallies import Tally as AbstractTally


class Follow(ShardedModel):
    """One account follows another."""

    shard_keys = ("follower_id",)
    cache_tags: ClassVar = {"follower": "follower_id"}

    pk = models.CompositePrimaryKey("follower_id", "followed_id")
    follower_id = models.BigIntegerField()
    followed_id = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ShardedModel.Meta):
        constraints = (
            models.CheckConstraint(
                condition=~Q(follower_id=F("followed_id")), name="follows_follow_not_oneself"
            ),
        )
        indexes = (
            models.Index(fields=["followed_id", "follower_id"], name="follows_follow_followers"),
        )

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followed_id}"


class Tally(AbstractTally):
    """How many an account follows, and how many follow it."""

    counts = ("following", "followers")
    cache_tags: ClassVar = {"tally": "owner_id"}

    following = models.IntegerField(default=0)
    followers = models.IntegerField(default=0)
