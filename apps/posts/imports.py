"""Posts from an archive: their old times kept, each record taken in once."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import count
from typing import NamedTuple

from apps.events import outbox
from apps.posts.events import PostsImported
from apps.posts.models import Imported, Post, Tally
from apps.sharding import ids, shards


class Draft(NamedTuple):
    """A record of an archive; `source_key` says which, over every reading of it."""

    source_key: str
    text: str
    created_at: datetime


def import_posts(*, author_id: int, drafts: Iterable[Draft]) -> int:
    """Store the drafts that are not in yet and announce them; returns how many those were.

    A batch is one transaction: after a fault it is in as a whole, or not at all.
    """
    wanted = {_digest(draft.source_key): draft for draft in drafts}
    with shards.atomic_for(author_id):
        known = Imported.objects.filter(author_id=author_id, source_key__in=list(wanted))
        for key in known.values_list("source_key", flat=True):
            del wanted[key]
        stored = _store(author_id, list(wanted.values()))
        Imported.objects.bulk_create(
            Imported(author_id=author_id, source_key=key, post_id=post_id)
            for key, post_id in zip(wanted, stored, strict=True)
        )
        if stored:
            Tally.add(author_id, by=stored[0], posts=len(stored))
            outbox.record(PostsImported(author_id=author_id, post_ids=sorted(stored)))
    return len(stored)


def _store(author_id: int, drafts: list[Draft]) -> list[int]:
    """Store posts under ids of their own milliseconds; returns the ids in the drafts' order."""
    bucket = ids.bucket_of(author_id)
    sequences: defaultdict[int, Iterator[int]] = defaultdict(count)
    placed: dict[int, Draft] = {}
    waiting = drafts
    while waiting:
        round_ = {_next_id(draft, bucket, sequences): draft for draft in waiting}
        taken = set(Post.objects.filter(id__in=list(round_)).values_list("id", flat=True))
        placed.update({key: draft for key, draft in round_.items() if key not in taken})
        waiting = [draft for key, draft in round_.items() if key in taken]
    Post.objects.bulk_create(
        Post(id=key, author_id=author_id, text=draft.text) for key, draft in placed.items()
    )
    by_draft = {draft: key for key, draft in placed.items()}
    return [by_draft[draft] for draft in drafts]


def _next_id(draft: Draft, bucket: int, sequences: dict[int, Iterator[int]]) -> int:
    # The 4,097th record of a millisecond spills into the next one.
    start = ids.tick_at(draft.created_at)
    return ids.compose(start + next(sequences[start]), bucket)


def _digest(source_key: str) -> str:
    return hashlib.sha256(source_key.encode("utf-8", "surrogatepass")).hexdigest()
