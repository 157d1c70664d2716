"""Every write to tags."""

from collections.abc import Sequence

from apps.bundled.hashtags import texts, trending
from apps.bundled.hashtags.models import TaggedPost
from apps.posts import selectors as posts
from apps.sharding import shards


def index(*, post_ids: Sequence[int]) -> None:
    """List posts under the tags in their texts, with one statement a shard."""
    rows = [
        TaggedPost(post_id=post_id, tag=tag)
        for post_id, text in posts.texts_of(post_ids).items()
        for tag in texts.tags(text)
    ]
    TaggedPost.objects.bulk_create(rows, ignore_conflicts=True)


def index_anew(*, post_id: int) -> None:
    """List a post under the tags in its text, and under no other; what trends stays as it is."""
    tags = texts.tags(posts.texts_of([post_id]).get(post_id, ""))
    with shards.atomic_for(post_id):
        TaggedPost.objects.filter(post_id=post_id).exclude(tag__in=tags).delete()
    index(post_ids=[post_id])


def forget(*, post_id: int) -> None:
    """Take a post out of all tags and of what trends."""
    rows = TaggedPost.objects.filter(post_id=post_id)
    trending.discount({post_id: list(rows.values_list("tag", flat=True))})
    with shards.atomic_for(post_id):
        rows.delete()
