"""Who was told that a post mentions them, on the shard of the post: to take it back later."""

from django.db import models

from apps.sharding.models import ShardedModel


class Mention(ShardedModel):
    """A post mentions an account."""

    shard_keys = ("post_id",)

    pk = models.CompositePrimaryKey("post_id", "account_id")
    post_id = models.BigIntegerField()
    account_id = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        pass
