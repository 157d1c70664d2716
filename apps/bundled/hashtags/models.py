"""Which posts carry which tag, on the shard of the post."""

from django.db import models
from django.db.models import F

from apps.sharding.models import ShardedModel


class TaggedPost(ShardedModel):
    """A post carries a tag."""

    shard_keys = ("post_id",)

    pk = models.CompositePrimaryKey("post_id", "tag")
    post_id = models.BigIntegerField()
    tag = models.CharField(max_length=100)

    class Meta(ShardedModel.Meta):
        indexes = (models.Index(F("tag"), F("post_id").desc(), name="hashtags_by_tag"),)

    def __str__(self) -> str:
        return f"#{self.tag}"
