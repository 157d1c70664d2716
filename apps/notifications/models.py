"""What an account is notified of, and how far it has looked, on the account's shard."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.notifications.kinds import Kind
from apps.sharding import ids
from apps.sharding.models import IdField, ShardedModel


class Notification(ShardedModel):
    """Somebody (`actor_id`) did something that concerns an account. Its time is in its id.

    `post_id` is the reply or the post with the mention itself, or the account's own post that is
    liked or reposted.
    """

    shard_keys = ("id", "account_id")
    cache_tags: ClassVar = {"account": "account_id"}

    id = IdField(of="account_id")
    account_id = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    actor_id = models.BigIntegerField()
    post_id = models.BigIntegerField(null=True)

    class Meta(ShardedModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=["account_id", "kind", "actor_id", "post_id"],
                nulls_distinct=False,
                name="notifications_once",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.FOLLOW, post_id=None)
                | (~Q(kind=Kind.FOLLOW) & Q(post_id__isnull=False)),
                name="notifications_of_post_or_follow",
            ),
            models.CheckConstraint(
                condition=~Q(account_id=F("actor_id")), name="notifications_not_of_oneself"
            ),
        )
        indexes = (
            models.Index(F("account_id"), F("id").desc(), name="notifications_of_account"),
            models.Index(
                fields=["post_id"],
                condition=Q(post_id__isnull=False),
                name="notifications_of_post",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def created_at(self) -> datetime:
        """When the account was notified."""
        return ids.time_of(self.pk)


class Seen(ShardedModel):
    """An account has looked at every notification up to `seen_id`."""

    shard_keys = ("account_id",)
    cache_tags: ClassVar = {"looked": "account_id"}

    account_id = models.BigIntegerField(primary_key=True)
    seen_id = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        pass
