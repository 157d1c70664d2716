"""Home timelines, on the shard of the account whose they are."""

from typing import ClassVar

from django.db import models

from apps.sharding.models import EverywhereModel, ShardedModel


class Entry(ShardedModel):
    """A post or repost (`post_id`) by a followed author in one account's home timeline.

    The follow is the truth, the entry is a copy of its consequence: entries of authors who are
    no longer followed may still be there, and are not shown.
    """

    shard_keys = ("account_id",)
    cache_tags: ClassVar = {"home": "account_id"}

    pk = models.CompositePrimaryKey("account_id", "post_id")
    account_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    author_id = models.BigIntegerField()
    original_id = models.BigIntegerField(null=True)

    class Meta(ShardedModel.Meta):
        pass


class Arrival(ShardedModel):
    """A post that is in all timelines, but perhaps not yet on all replicas of its shard.

    `position`, in bytes of WAL, is where its shard's primary was then.
    """

    shard_keys = ("post_id",)
    positions = ("position",)

    post_id = models.BigIntegerField(primary_key=True)
    position = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        pass


class Horizon(ShardedModel):
    """How far down an account's entries are complete: from `post_id` upwards. It only rises.

    Without a row they are complete to the first post. Below it some are there and others not, so
    the authors' posts are read there too.
    """

    shard_keys = ("account_id",)
    cache_tags: ClassVar = {"home": "account_id"}

    account_id = models.BigIntegerField(primary_key=True)
    post_id = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        pass


class MergedAuthor(ShardedModel):
    """An author whose posts are not fanned out: readers merge them. The truth of it.

    `missing_from` is the lowest id of what was not fanned out meanwhile, None where all was.
    """

    shard_keys = ("author_id",)

    author_id = models.BigIntegerField(primary_key=True)
    missing_from = models.BigIntegerField(null=True)

    class Meta(ShardedModel.Meta):
        pass


class MergedAuthorCopy(EverywhereModel):
    """That an author is merged, beside every reader. There as long as the truth, or longer."""

    cache_tags: ClassVar = {"merged": "'any'"}

    author_id = models.BigIntegerField(primary_key=True)

    class Meta(EverywhereModel.Meta):
        pass
