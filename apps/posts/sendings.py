"""A form that is sent twice posts once: by the key that it carries, in the post's transaction.

A browser that gets no answer, or a 503, does not know whether its post was stored: it may have
been, just before the server went. So it sends the same form again, and gets what the first got.
"""

import hashlib
import uuid
from datetime import timedelta
from typing import NamedTuple

from django.db import connections
from django.utils import timezone

from apps.posts.errors import AnotherDraft, DraftTaken, NoSuchPost
from apps.posts.models import Post, Sending
from apps.replication import scopes
from apps.sharding import shards

# A browser sends again for as long as its page is open; a page from before the weekend has expired.
KEPT = timedelta(days=3)

# Waits for whoever sends the same key just now; gives nothing where that one was stored.
CLAIM = """
INSERT INTO posts_sending (author_id, key, digest, post_id, taken, sent_at)
VALUES (%s, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING
"""


class Sent(NamedTuple):
    """One draft, under the key of the form that it was sent by."""

    author_id: int
    key: str
    digest: str


def new_key() -> str:
    """Return a key for a form."""
    return uuid.uuid4().hex


def sent(author_id: int, key: str, text: str, in_reply_to_id: int | None) -> Sent | None:
    """Return what is known of a draft before it is stored, None of one without a key."""
    if not key:
        return None
    digest = hashlib.sha256(repr((text, in_reply_to_id)).encode()).hexdigest()
    return Sent(author_id, key, digest)


def outcome(one: Sent | None) -> Post | None:
    """Return the post that a draft has become already, None where it is new, by the primary.

    Raises DraftTaken as the first did, AnotherDraft where the key was sent with something else.
    """
    if one is None:
        return None
    with scopes.primary():
        row = Sending.objects.filter(author_id=one.author_id, key=one.key).first()
        return _post_of(row, one) if row is not None else None


def claim(one: Sent | None, post_id: int | None, taken: str = "") -> bool:
    """Store what becomes of a draft, in the author's transaction; tells whether it is the first."""
    if one is None:
        return True
    shard = shards.require("A draft's outcome").shard
    with connections[shard].cursor() as cursor:
        cursor.execute(CLAIM, [*one, post_id, taken])
        return bool(cursor.rowcount)


def forget(shard: str) -> int:
    """Forget the keys of a shard that have expired; returns how many."""
    old = Sending.objects.using(shard).filter(sent_at__lt=timezone.now() - KEPT)
    return int(old._raw_delete(shard))


def _post_of(row: Sending, one: Sent) -> Post:
    if row.digest != one.digest:
        raise AnotherDraft
    if row.post_id is None:
        raise DraftTaken(row.taken)
    post = Post.objects.filter(id=row.post_id).first()
    if post is None:
        raise NoSuchPost(row.post_id)
    return post
