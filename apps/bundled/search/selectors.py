"""Searching: every shard gives its newest finds, which are merged by id."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connections, router
from psycopg.errors import QueryCanceled

from apps.accounts import selectors as accounts
from apps.bundled.search import languages
from apps.bundled.search.asking import Asked
from apps.bundled.search.errors import TooHeavy
from apps.bundled.search.models import Document
from apps.kernel import cursors
from apps.posts import cards
from apps.posts import selectors as posts
from apps.posts.cards import Listed
from apps.sharding import directory, harvest, places
from apps.sharding.conf import conf
from apps.sharding.places import Place

# All shards together; the page that shows it may take three.
SECONDS = 2.0

# By the index: posts that have the words in any language; of those, the ones whose own it is.
# Words that are nothing but stop words in a post's language are looked for as they are.
WORDS = f"""((stems @@ ({languages.any_of("words")}) AND stems @@ ({languages.own("words")}))
    OR (words @@ plainto_tsquery('simple', %(words)s)
        AND numnode({languages.own("words")}) = 0))"""
FOUND = """
SELECT post_id FROM search_document
WHERE post_id < %(before)s AND {conditions}
    AND NOT ((post_id >> 12) & 1023) = ANY(%(strangers)s)
ORDER BY post_id DESC LIMIT %(limit)s
"""


def page(
    asked: Asked, *, place: Place = places.FIRST, viewer_id: int | None
) -> cursors.Page[Listed]:
    """Return the posts that are asked for, newest first; raises NoSuchAccount, TooHeavy."""
    author = _id_of(asked.authors[0]) if asked.authors else None
    sql, values = _statement(asked)
    values["limit"] = posts.PAGE + 1
    shards = conf().shards if author is None else [directory.shard_of_id(author)]
    until = time.monotonic() + SECONDS
    lists = harvest.from_each(
        shards, lambda shard: _ask(shard, sql, {**values, "before": place.of(shard)}, until)
    )
    found = cursors.merge(lists.values(), posts.PAGE + 1, key=int)
    reached = found[posts.PAGE - 1] if len(found) > posts.PAGE else None
    return cards.page(found[: posts.PAGE], place, reached, viewer_id=viewer_id)


def _statement(asked: Asked) -> tuple[str, dict[str, Any]]:
    """Return SQL and the values of its parameters."""
    terms = _terms(asked)
    values: dict[str, Any] = {name: value for name, (_, value) in terms.items()}
    conditions = [sql for sql, _ in terms.values()]
    for name, no in (("authors", ""), ("not_authors", "NOT ")):
        if names := getattr(asked, name):
            conditions.append(f"{no}author_id = ANY(%({name})s)")
            values[name] = [_id_of(author) for author in names]
    return FOUND.format(conditions=" AND ".join(conditions)), values


def _id_of(name: str) -> int:
    return accounts.profile_named(name).id


def _terms(asked: Asked) -> dict[str, tuple[str, str]]:
    """Return a condition and its value for each parameter."""
    terms = {"words": (WORDS, " ".join(asked.words))} if asked.words else {}
    for number, term in enumerate(asked.exact):
        terms[f"exact{number}"] = _exact(f"exact{number}", term)
    for number, term in enumerate(asked.not_exact):
        condition, value = _exact(f"not_exact{number}", term)
        terms[f"not_exact{number}"] = f"NOT {condition}", value
    for number, term in enumerate(asked.not_words):
        name = f"not_word{number}"
        bent = f"stems @@ ({languages.own(name)})"
        terms[name] = f"NOT ({_exact(name, term)[0]} OR {bent})", term
    return terms


def _exact(name: str, term: str) -> tuple[str, str]:
    """Return the condition for a phrase or a tag, and its value."""
    if term.startswith("#"):
        return f"words @@ %({name})s::tsquery", f"'{term}'"
    return f"words @@ phraseto_tsquery('simple', %({name})s)", term


def _ask(shard: str, sql: str, values: dict[str, Any], until: float) -> list[int]:
    alias = router.db_for_read(Document, shard=shard)
    with _limited(alias, until - time.monotonic()), connections[alias].cursor() as cursor:
        cursor.execute(sql, {**values, "strangers": sorted(directory.strangers_on(shard))})
        return [pk for (pk,) in cursor.fetchall()]


@contextmanager
def _limited(alias: str, seconds: float) -> Iterator[None]:
    """Have the server give up a statement after so long; raises TooHeavy."""
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {max(1, int(seconds * 1000))}")
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooHeavy from error
        raise
    finally:
        _unlimit(alias)


def _unlimit(alias: str) -> None:
    """Take the limit off the connection; one that does not let go of it is closed."""
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("RESET statement_timeout")
    except (DatabaseError, InterfaceError):
        connections[alias].close()
