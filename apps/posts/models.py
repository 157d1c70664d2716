"""Posts and what is counted on them, on the shard of the post's author."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from apps.caching.tags import Apart
from apps.posts.kinds import Audience
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
        "public": (
            "CASE WHEN repost_of_id IS NULL AND in_reply_to_id IS NULL AND audience = 0"
            " THEN 'any' END"
        ),
        # A new post's counts have a version with it: the first page that shows it asks for none.
        "tally": "id",
        # Its author is told of it, and nobody else's page shows it.
        "arrival": Apart("id", of="arrived_at"),
    }

    id = IdField(of="author_id")
    author_id = models.BigIntegerField()
    text = models.TextField(blank=True)
    # What a reader is told before text and pictures are shown to him.
    warning = models.TextField(blank=True, default="", db_default="")
    # The post that this one answers, and the first post of that conversation.
    in_reply_to_id = models.BigIntegerField(null=True)
    root_id = models.BigIntegerField(null=True)
    repost_of_id = models.BigIntegerField(null=True)
    # For whom it is: `audiences` decides by this who sees it.
    audience = models.SmallIntegerField(
        choices=Audience, default=Audience.PUBLIC, db_default=Audience.PUBLIC
    )
    # How many of our pictures are in it: nobody looks for those of a post that has none.
    pictures = models.SmallIntegerField(default=0, db_default=0)
    # Whether plugins were given something to keep with it: they look for it in no other post.
    extras = models.BooleanField(default=False, db_default=False)
    # When its author changed it last; `Version` has what it said before.
    edited_at = models.DateTimeField(null=True)
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
                condition=Q(repost_of_id=None, in_reply_to_id=None, audience=Audience.PUBLIC),
                name="posts_post_for_all",
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


class Version(ShardedModel):
    """What a post said before its author changed it; the first one has the number 0."""

    shard_keys = ("post_id",)
    cache_tags: ClassVar = {"versions": "post_id"}

    pk = models.CompositePrimaryKey("post_id", "number")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, db_index=False)
    number = models.SmallIntegerField()
    text = models.TextField(blank=True)
    warning = models.TextField(blank=True)
    written_at = models.DateTimeField()

    class Meta(ShardedModel.Meta):
        pass


class Named(ShardedModel):
    """An account that a post names which is not for everybody: it may see the post."""

    shard_keys = ("post_id",)
    cache_tags: ClassVar = {"named": "post_id"}

    pk = models.CompositePrimaryKey("post_id", "account_id")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, db_index=False)
    account_id = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        pass


class Like(ShardedModel):
    """An account likes a post (on the post's shard: unique and counted there)."""

    shard_keys = ("post_id",)
    cache_tags: ClassVar = {"liker": "account_id"}

    pk = models.CompositePrimaryKey("post_id", "account_id")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, db_index=False)
    account_id = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ShardedModel.Meta):
        indexes = (models.Index(F("account_id"), F("post_id").desc(), name="posts_like_newest_of"),)


class Pin(ShardedModel):
    """The post that its author shows first in his profile."""

    shard_keys = ("author_id",)
    cache_tags: ClassVar = {"pin": "author_id"}

    author_id = models.BigIntegerField(primary_key=True)
    post = models.ForeignKey(Post, on_delete=models.CASCADE)

    class Meta(ShardedModel.Meta):
        pass


class Bookmark(ShardedModel):
    """An account keeps a post to find it again (on the account's shard: nobody else is told)."""

    shard_keys = ("id", "account_id")
    cache_tags: ClassVar = {"bookmarks": "account_id"}

    id = IdField(of="account_id")
    account_id = models.BigIntegerField()
    post_id = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=["account_id", "post_id"], name="posts_bookmark_once"),
        )
        indexes = (
            models.Index(F("account_id"), F("id").desc(), name="posts_bookmark_newest"),
            models.Index(fields=["post_id"], name="posts_bookmark_of_post"),
        )


class KeptDraft(ShardedModel):
    """What an account has begun to write (on its own shard: nobody else is told of it)."""

    shard_keys = ("id", "author_id")

    id = IdField(of="author_id")
    author_id = models.BigIntegerField()
    # Of the form that it came by first: sent again it is no second draft.
    key = models.CharField(max_length=64)
    # An id of its last change: says when that was, and drafts sort by it.
    change_id = models.BigIntegerField()
    text = models.TextField(blank=True)
    warning = models.TextField(blank=True)
    audience = models.SmallIntegerField(choices=Audience)
    # It may be gone by now, or not to be seen any more.
    in_reply_to_id = models.BigIntegerField(null=True)
    # Pictures that are held for it.
    picture_ids = models.JSONField(default=list)
    # What plugins' fields of the composer held, by their names.
    parts = models.JSONField(default=dict)

    class Meta(ShardedModel.Meta):
        db_table = "posts_draft"
        constraints = (
            models.UniqueConstraint(fields=["author_id", "key"], name="posts_draft_once"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("text"), MOST_CODE_POINTS),
                name="posts_draft_text_length",
            ),
        )
        indexes = (models.Index(F("author_id"), F("change_id").desc(), name="posts_draft_newest"),)

    def __str__(self) -> str:
        return f"draft {self.pk}"

    @property
    def changed_at(self) -> datetime:
        """When it was changed last."""
        return ids.time_of(self.change_id)


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
    """A record of an archive, or what was sent under a key, is in: sent again it adds nothing."""

    shard_keys = ("author_id",)

    pk = models.CompositePrimaryKey("author_id", "source_key")
    author_id = models.BigIntegerField()
    source_key = models.CharField(max_length=64)
    post_id = models.BigIntegerField()

    class Meta(ShardedModel.Meta):
        pass
