"""Cached queries: a value is never older than its key.

    @cached("posts.posts_count", tags=lambda author_id: ["posts.tally:%d" % author_id])
    def posts_count(author_id: int) -> int: ...

The first argument is an id: it names the shard. The key holds the versions of the tags, so a value
is found only as long as no commit has touched them. Who fills it reads from a server that has
replayed those versions, and whoever takes it reads nothing older afterwards.
"""

import functools
import logging
import pickle
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar
from uuid import uuid4

from django.db import connections

from apps.caching import keys, memory, stats, store
from apps.caching.keys import Key
from apps.replication import scopes, tokens
from apps.replication.tokens import Position
from apps.sharding import directory

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# The right to fill a value ends after this; others wait as long, then read for themselves.
FILL_MS = 2000
PAUSE_SECONDS = 0.01


class Query(NamedTuple):
    """A function whose answers are cached; `group` is None where the first argument names it."""

    name: str
    function: Callable[..., Any]
    tags: Callable[..., Sequence[str]]
    group: str | None


def cached(
    name: str, *, tags: Callable[..., Sequence[str]], group: str | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache a function's answers, also None and empty ones, until a commit touches a tag of theirs.

    `tags` gives the tags for the same arguments. The function's reads must be of the shard that
    its first argument, an id, names, or of `group`. Inside a transaction there the cache is left
    alone.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        query = Query(name, function, tags, group)

        @functools.wraps(function)
        def answer(*args: P.args, **kwargs: P.kwargs) -> R:
            found: R = _answer(query, args, kwargs)
            return found

        return answer

    return decorate


def _answer(query: Query, args: Any, kwargs: Any) -> Any:
    group = query.group or directory.shard_of_id(args[0])
    if _is_changing(group):
        stats.count(query.name, "passed")
        return query.function(*args, **kwargs)
    try:
        key = keys.key_for(query.name, query.tags(*args, **kwargs), group, (args, kwargs))
        if key is None:
            stats.count(query.name, "passed")
            return query.function(*args, **kwargs)
        return _look_up(query, key, args, kwargs)
    except store.Away as error:
        log.debug("The cache is away (%s); asking the database.", error)
        stats.count(query.name, "away")
        return query.function(*args, **kwargs)


def _is_changing(group: str) -> bool:
    """Tell whether this reader has changes of its own there that are not committed."""
    scope = scopes.current()
    return connections[group].in_atomic_block or bool(scope and scope.primary_only)


def _look_up(query: Query, key: Key, args: Any, kwargs: Any) -> Any:
    """Return the value, filled by this process or by the one that is at it."""
    holder = uuid4().hex
    until = time.monotonic() + FILL_MS / 1000
    if (near := memory.value(key.name)) is not None:
        stats.count(query.name, "near")
        return _taken(key.group, near)
    while (found := store.get(key.name)) is None:
        if store.lock(key.name, holder, FILL_MS):
            return _fill(query, key, holder, args, kwargs)
        if time.monotonic() > until:
            stats.count(query.name, "waited")
            return query.function(*args, **kwargs)
        time.sleep(PAUSE_SECONDS)
    stats.count(query.name, "hit")
    memory.keep(key.name, found)
    return _taken(key.group, found)


def _fill(query: Query, key: Key, holder: str, args: Any, kwargs: Any) -> Any:
    # Who had the right before may have filled the value meanwhile.
    if (found := store.get(key.name)) is not None:
        store.release(key.name, holder)
        stats.count(query.name, "hit")
        return _taken(key.group, found)
    value, position = _read(query, key, holder, args, kwargs)
    try:
        kept = store.put(key.name, holder, pickle.dumps((position, value)))
    except store.Away:
        kept = False
    stats.count(query.name, "filled" if kept else "late")
    return value


def _read(query: Query, key: Key, holder: str, args: Any, kwargs: Any) -> tuple[Any, Position]:
    """Ask a server that is as far as the key; returns the answer and how far the server was."""
    scope = scopes.current()
    try:
        with scopes.scope(scope.token if scope else None) as reading:
            tokens.advance(reading.token, key.group, key.position, is_primary=True)
            value = query.function(*args, **kwargs)
            position = reading.token[key.group]
    except BaseException:
        store.release(key.name, holder)
        raise
    if scope is not None:
        tokens.advance(scope.token, key.group, position, is_primary=True)
    return value, position


def _taken(group: str, stored: bytes) -> Any:
    """Return a stored value; whoever takes it reads nothing older from now on."""
    position, value = pickle.loads(stored)  # noqa: S301  (of our own data grid, as Django's caches)
    scope = scopes.current()
    if scope is not None:
        tokens.advance(scope.token, group, position)
    return value
