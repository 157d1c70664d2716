"""What can be searched: the words of each post, on its shard. The texts stay with posts."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F

from apps.sharding.models import ShardedModel


class Document(ShardedModel):
    """The words of a post.

    `words` has them as they were written, and its tags with their #; `stems` has them as its
    language bends them. Where the language is not known, that is `simple`: nothing is bent.
    """

    shard_keys = ("post_id", "author_id")

    post_id = models.BigIntegerField(primary_key=True)
    author_id = models.BigIntegerField()
    language = models.CharField(max_length=20)
    words = SearchVectorField()
    stems = SearchVectorField()

    class Meta(ShardedModel.Meta):
        indexes = (
            GinIndex(fields=["words", "stems"], name="search_by_word"),
            models.Index(F("author_id"), F("post_id").desc(), name="search_by_author"),
        )
