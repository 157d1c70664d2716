"""Posts from an archive: their old times kept, each record taken in once."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import NamedTuple

from apps.events import outbox
from apps.pictures import services as pictures
from apps.posts.events import PostShared, PostsImported
from apps.posts.kinds import Audience
from apps.posts.models import Imported, Post, Reply, Tally
from apps.replication import scopes
from apps.sharding import ids, shards


class Draft(NamedTuple):
    """A record of an archive; `source_key` says which, over every reading of it.

    `answers` is the key of the record that it is a reply to, or nothing.
    """

    source_key: str
    text: str
    created_at: datetime
    audience: Audience = Audience.PUBLIC
    answers: str = ""
    warning: str = ""
    # Pictures of the author that are in no post yet.
    picture_ids: tuple[int, ...] = ()


def import_posts(*, author_id: int, drafts: Iterable[Draft]) -> int:
    """Store the drafts that are not in yet and announce them; returns how many those were.

    A batch is one transaction: after a fault it is in as a whole, or not at all. A reply to what
    is in the same archive, or in an earlier batch of it, answers that again; any other is a post.
    Who is named in what is only for them is not known here: it is for its author then.
    """
    wanted = {_digest(draft.source_key): draft for draft in drafts}
    with shards.atomic_for(author_id):
        known = Imported.objects.filter(author_id=author_id, source_key__in=list(wanted))
        for key in known.values_list("source_key", flat=True):
            del wanted[key]
        placed = _place(ids.bucket_of(author_id), list(wanted.values()))
        posts = _posts(author_id, placed)
        Post.objects.bulk_create(posts)
        Imported.objects.bulk_create(
            Imported(author_id=author_id, source_key=_digest(draft.source_key), post_id=post_id)
            for post_id, draft in placed.items()
        )
        for post_id, draft in placed.items():
            pictures.attach(author_id=author_id, post_id=post_id, picture_ids=draft.picture_ids)
        _tell(author_id, posts)
    return len(posts)


def known_of(*, author_id: int, source_keys: Iterable[str]) -> set[str]:
    """Return which of these records of an archive are in, by the primary."""
    wanted = {_digest(key): key for key in source_keys}
    with scopes.primary():
        rows = Imported.objects.filter(author_id=author_id, source_key__in=list(wanted))
        return {wanted[key] for key in rows.values_list("source_key", flat=True)}


def _tell(author_id: int, posts: list[Post]) -> None:
    if posts:
        Tally.add(author_id, by=posts[0].pk, posts=len(posts))
    answers = [
        Reply(root_id=post.root_id, parent_id=post.in_reply_to_id, reply_id=post.pk)
        for post in posts
        if post.root_id and post.in_reply_to_id
    ]
    Reply.objects.bulk_create(answers)
    for parent_id, replies in Counter(row.parent_id for row in answers).items():
        Tally.add(parent_id, by=author_id, replies=replies)
    if public := [post.pk for post in posts if post.audience == Audience.PUBLIC]:
        outbox.record(PostsImported(author_id=author_id, post_ids=public))
    for post in posts:
        if post.audience != Audience.PUBLIC:
            outbox.record(PostShared(post.pk, author_id, int(post.audience)))


def _posts(author_id: int, placed: Mapping[int, Draft]) -> list[Post]:
    """Return rows in the order of their ids, so that a post comes before what answers it."""
    here = {draft.source_key: key for key, draft in placed.items()}
    before = _earlier(author_id, {draft.answers for draft in placed.values()} - {""} - here.keys())
    made: dict[int, Post] = {}
    for key in sorted(placed):
        draft = placed[key]
        parent = before.get(_digest(draft.answers)) or made.get(here.get(draft.answers, 0))
        made[key] = Post(
            id=key,
            author_id=author_id,
            text=draft.text,
            warning=draft.warning,
            audience=draft.audience,
            pictures=len(draft.picture_ids),
            in_reply_to_id=parent.pk if parent else None,
            root_id=(parent.root_id or parent.pk) if parent else None,
        )
    return list(made.values())


def _earlier(author_id: int, keys: Iterable[str]) -> dict[str, Post]:
    """Return the posts that records have become before, by the digest of their keys."""
    digests = [_digest(key) for key in keys]
    rows = Imported.objects.filter(author_id=author_id, source_key__in=digests)
    by_id = {post_id: digest for digest, post_id in rows.values_list("source_key", "post_id")}
    posts = Post.objects.filter(author_id=author_id, id__in=list(by_id))
    return {by_id[post.pk]: post for post in posts}


def _place(bucket: int, drafts: list[Draft]) -> dict[int, Draft]:
    """Return drafts by ids of their own milliseconds that are free."""
    sequences: defaultdict[int, Iterator[int]] = defaultdict(count)
    placed: dict[int, Draft] = {}
    waiting = drafts
    while waiting:
        round_ = {_next_id(draft, bucket, sequences): draft for draft in waiting}
        taken = set(Post.objects.filter(id__in=list(round_)).values_list("id", flat=True))
        placed.update({key: draft for key, draft in round_.items() if key not in taken})
        waiting = [draft for key, draft in round_.items() if key in taken]
    return placed


def _next_id(draft: Draft, bucket: int, sequences: dict[int, Iterator[int]]) -> int:
    # The 4,097th record of a millisecond spills into the next one.
    start = ids.tick_at(draft.created_at)
    return ids.compose(start + next(sequences[start]), bucket)


def _digest(source_key: str) -> str:
    return hashlib.sha256(source_key.encode("utf-8", "surrogatepass")).hexdigest()
