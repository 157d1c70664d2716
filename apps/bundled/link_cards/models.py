"""What the pages say that posts link to, on the shard of the post."""

from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models

from apps.sharding.models import ShardedModel


class Card(ShardedModel):
    """What is shown of the first link of a post. All of it was written by others."""

    shard_keys = ("post_id",)
    cache_tags: ClassVar = {"card": "post_id"}

    post_id = models.BigIntegerField(primary_key=True)
    url = models.TextField()
    # Where the link leads in the end, so that nobody hides behind a shortened one.
    final_url = models.TextField()
    title = models.CharField(max_length=200)
    description = models.CharField(max_length=300, blank=True)
    image = models.TextField(blank=True)

    class Meta(ShardedModel.Meta):
        pass

    @property
    def host(self) -> str:
        """The server that it leads to."""
        return urlsplit(self.final_url).hostname or ""
