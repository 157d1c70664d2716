"""Every write of what can be searched."""

from collections.abc import Sequence
from typing import Any

from django.db import connections, router

from apps.bundled.search import asking, languages
from apps.bundled.search.models import Document
from apps.posts import originals
from apps.posts import selectors as posts
from apps.posts.originals import Original
from apps.sharding import querysets, shards

STORE = f"""
INSERT INTO search_document (post_id, author_id, language, words, stems)
SELECT post.id, author_id, language,
    to_tsvector('simple', text) || array_to_tsvector(string_to_array(tags, ' ')),
    to_tsvector(language::regconfig, text)
FROM unnest(%(ids)s::bigint[], %(authors)s::bigint[], %(texts)s::text[], %(tags)s::text[])
    AS post(id, author_id, text, tags)
CROSS JOIN LATERAL ({languages.DETECTED}) AS detected
ON CONFLICT (post_id) DO UPDATE SET
    language = excluded.language, words = excluded.words, stems = excluded.stems
"""


def index(*, post_ids: Sequence[int]) -> None:
    """Make posts to be found, with one statement a shard; running twice changes nothing.

    One that is deleted meanwhile is looked for once more when it is in: whichever of the two
    comes last takes it out.
    """
    store(originals.of(post_ids))
    gone = set(post_ids) - posts.existing(post_ids)
    for post_id in gone:
        forget(post_id=post_id)


def store(written: Sequence[Original]) -> None:
    """Store what posts say, each on its shard, in place of what was stored of them."""
    by_id = {post.id: post for post in written}
    for shard, ids in querysets.by_shard(by_id).items():
        rows = [by_id[pk] for pk in ids]
        values: dict[str, Any] = {
            "ids": ids,
            "authors": [post.author_id for post in rows],
            "texts": [asking.normal(post.text) for post in rows],
            "tags": [" ".join(asking.tags(post.text)) for post in rows],
            "languages": list(languages.LANGUAGES),
            "least": languages.LEAST_STOP_WORDS,
        }
        with connections[router.db_for_write(Document, shard=shard)].cursor() as cursor:
            cursor.execute(STORE, values)


def forget(*, post_id: int) -> None:
    """Have a post be found no more; a second time it is not there."""
    with shards.atomic_for(post_id):
        Document.objects.filter(post_id=post_id).delete()
