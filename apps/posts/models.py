"""Posts and what is counted on them, on the shard of the post's author."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from apps.sharding import ids
from apps.sharding.models import IdField, ShardedModel
from apps.sharding.tallies import Tally as AbstractTally

MOST_CODE_POINTS = 5000


class Post(ShardedModel):
    """What an account wrote, or its repost of another post. Its time is in its id."""

    shard_keys = ("id", "author_id")
    cache_tags: ClassVar = {
        "author": "author_id",
        "post": "id",
        "public": "CASE WHEN repost_of_id IS NULL AND in_reply_to_id IS NULL THEN 'any' END",
    }

    id = IdField(of="author_id")
    author_id = models.BigIntegerField()
    text = models.TextField(blank=True)
    # The post that this one answers, and the first post of that conversation.
    in_reply_to_id = models.BigIntegerField(null=True)
    root_id = models.BigIntegerField(null=True)
    repost_of_id = models.BigIntegerField(null=True)
    # Since then it is in the timelines of all followers, and on all replicas of its shard.
    arrived_at = models.DateTimeField(null=True)

    class Meta(ShardedModel.Meta):
        constraints = (
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("text"), MOST_CODE_POINTS),
                name="posts_post_text_length",
            ),
            models.CheckConstraint(
                condition=Q(in_reply_to_id=None, root_id=None)
                | Q(in_reply_to_id__isnull=False, root_id__isnull=False),
                name="posts_post_reply_has_root",
            ),
            models.CheckConstraint(
                condition=Q(repost_of_id=None) | Q(text="", in_reply_to_id=None),
                name="posts_post_repost_is_bare",
            ),
            models.UniqueConstraint(
                fields=["author_id", "repost_of_id"],
                condition=Q(repost_of_id__isnull=False),
                name="posts_post_reposted_once",
            ),
        )
        indexes = (
            models.Index(F("author_id"), F("id").desc(), name="posts_post_by_author"),
            models.Index(
                F("id").desc(),
                condition=Q(repost_of_id=None, in_reply_to_id=None),
                name="posts_post_public",
            ),
            models.Index(
                fields=["repost_of_id"],
                condition=Q(repost_of_id__isnull=False),
                name="posts_post_reposts_of",
            ),
            models.Index(
                fields=["in_reply_to_id", "author_id"],
                condition=Q(in_reply_to_id__isnull=False),
                name="posts_post_replies_to",
            ),
        )

    def __str__(self) -> str:
        return f"post {self.pk}"

    @property
    def created_at(self) -> datetime:
        """When it was written."""
        return ids.time_of(self.pk)


class Like(ShardedModel):
    """An account likes a post (on the post's shard: unique and counted there)."""

    shard_keys = ("post_id",)
    cache_tags: ClassVar = {"liker": "account_id"}

    pk = models.CompositePrimaryKey("post_id", "account_id")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, db_index=False)
    account_id = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ShardedModel.Meta):
        pass


class Reply(ShardedModel):
    """A post answers another one (on the shard of the conversation's first post)."""

    shard_keys = ("root_id",)
    cache_tags: ClassVar = {"conversation": "root_id"}

    pk = models.CompositePrimaryKey("root_id", "reply_id")
    root_id = models.BigIntegerField()
    parent_id = models.BigIntegerField()
    reply_id = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        indexes = (
            models.Index(fields=["root_id", "parent_id", "reply_id"], name="posts_reply_children"),
        )


class Tally(AbstractTally):
    """Counts of a post (likes, reposts, replies) or of an account (posts)."""

    counts = ("likes", "reposts", "replies", "posts")
    cache_tags: ClassVar = {"tally": "owner_id"}

    likes = models.IntegerField(default=0)
    reposts = models.IntegerField(default=0)
    replies = models.IntegerField(default=0)
    posts = models.IntegerField(default=0)


class Sending(ShardedModel):
    """A form that was sent, by the key that it carries: sent again, its outcome is the same one.

    That is a post, or a plugin has taken the draft and said so.
    """

    shard_keys = ("author_id",)

    pk = models.CompositePrimaryKey("author_id", "key")
    author_id = models.BigIntegerField()
    key = models.CharField(max_length=64)
    # Of what the form held: under one key there is one draft.
    digest = models.CharField(max_length=64)
    post_id = models.BigIntegerField(null=True)
    taken = models.TextField(blank=True)
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta(ShardedModel.Meta):
        indexes = (models.Index(fields=["sent_at"], name="posts_sending_by_age"),)


class Imported(ShardedModel):
    """A record of an archive is in: the same archive read again adds nothing."""

    shard_keys = ("author_id",)

    pk = models.CompositePrimaryKey("author_id", "source_key")
    author_id = models.BigIntegerField()
    source_key = models.CharField(max_length=64)
    post_id = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        pass
