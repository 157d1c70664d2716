"""Cached queries: a value is never older than its key.

    @cached("posts.posts_count", tags=lambda author_id: [f"posts.tally:{author_id}"])
    def posts_count(author_id: int) -> int: ...

    @cached_many("posts.post", tags=lambda post_id: [f"posts.post:{post_id}"])
    def stored(post_ids: Sequence[int]) -> dict[int, Stored]: ...

The first argument, or the key, is an id: it names the shard. A value's key holds the versions of
its tags, so it is found only as long as no commit has touched them. Who fills it reads from a
server that has replayed those versions, and whoever takes it reads nothing older afterwards.
"""

import functools
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

from django.conf import settings
from django.db import connections

from apps.caching import flights, keys, stats, store
from apps.caching.flights import Asked, Unkept
from apps.caching.keys import Key
from apps.replication import scopes
from apps.sharding import directory

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K")


def _call(*args: Any) -> tuple[tuple[Any, ...], tuple[()]]:
    return args, ()


class Query(NamedTuple):
    """What is cached: `load` answers several asks at once, in their order.

    `ask_of` makes an ask of what a function is called with, by position.
    """

    name: str
    load: Callable[[list[Any]], list[Any]]
    tags: Callable[[Any], Sequence[str]]
    group_of: Callable[[Any], str]
    stale_seconds: int = 0
    ask_of: Callable[..., Any] = _call


_queries: dict[Callable[..., Any], Query] = {}


def cached(
    name: str,
    *,
    tags: Callable[..., Sequence[str]],
    group: str | Callable[..., str] | None = None,
    stale_seconds: int = 0,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache a function's answers, also None and empty ones, until a commit touches a tag of theirs.

    `tags` gives the tags for the same arguments; it is asked once for equal ones, so it must depend
    on nothing else, and names of queries must differ. The function's reads must be of the shard
    that its first argument, an id, names, or of `group`, which may be a function of the arguments.
    Inside a transaction there the cache is left alone. With `stale_seconds` those who would have
    to wait for somebody else's fill take the value before it, if it is younger than that and
    holds all that they have seen.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        query = Query(
            name,
            load=lambda asks: [function(*args, **dict(named)) for args, named in asks],
            tags=lambda ask: tags(*ask[0], **dict(ask[1])),
            group_of=lambda ask: _group(group, ask[0]),
            stale_seconds=stale_seconds,
        )

        @functools.wraps(function)
        def answer(*args: P.args, **kwargs: P.kwargs) -> R:
            found: R = _answer(query, [(args, tuple(kwargs.items()))])[0]
            return found

        _queries[answer] = query
        return answer

    return decorate


def cached_many(
    name: str, *, tags: Callable[[Any], Sequence[str]]
) -> Callable[
    [Callable[[Sequence[K]], Mapping[K, R | Unkept[R]]]], Callable[[Iterable[K]], dict[K, R]]
]:
    """Cache what a function finds for each of several keys; what it does not find, too.

    A key is an id, or a tuple that begins with one. The function is asked for those that are not
    in the cache, all at once; what it reads for a key must be of the key's shard.
    """

    def decorate(
        function: Callable[[Sequence[K]], Mapping[K, R | Unkept[R]]],
    ) -> Callable[[Iterable[K]], dict[K, R]]:
        def load(asks: list[K]) -> list[Any]:
            found = function(asks)
            return [found.get(ask) for ask in asks]

        query = Query(name, load, tags, _shard_of_key, ask_of=lambda key: key)

        @functools.wraps(function)
        def answer(wanted: Iterable[K]) -> dict[K, R]:
            asks = list(dict.fromkeys(wanted))
            pairs = zip(asks, _answer(query, asks), strict=True)
            return {ask: value for ask, value in pairs if value is not None}

        _queries[answer] = query
        return answer

    return decorate


def query_of(function: Callable[..., Any]) -> Query:
    """Return the query of a cached function."""
    return _queries[function]


def keys_now(asks: Sequence[Asked]) -> dict[int, Key]:
    """Return the keys of those asks that the cache may answer now, by number."""
    by_group: defaultdict[str, list[int]] = defaultdict(list)
    for number, (query, ask) in enumerate(asks):
        by_group[query.group_of(ask)].append(number)
    there = {group: numbers for group, numbers in by_group.items() if _may_be_cached(group)}
    made = keys.keys_of(
        {group: [asks[number] for number in numbers] for group, numbers in there.items()}
    )
    pairs = [
        pair for group, numbers in there.items() for pair in zip(numbers, made[group], strict=True)
    ]
    return {number: key for number, key in pairs if key is not None}


def _group(group: str | Callable[..., str] | None, args: Sequence[Any]) -> str:
    if group is None:
        return directory.shard_of_id(args[0])
    return group if isinstance(group, str) else group(*args)


def _shard_of_key(key: Any) -> str:
    return directory.shard_of_id(key[0] if isinstance(key, tuple) else key)


def _answer(query: Query, asks: list[Any]) -> list[Any]:
    """Return the answers to all asks: from the cache, and else from the database."""
    found: dict[int, Any] = {}
    wanted: dict[int, Key] = {}
    is_away = False
    try:
        asked = [(query, ask) for ask in asks]
        wanted = keys_now(asked)
        flights.look_up(asked, wanted, found)
    except store.Away as error:
        log.debug("The cache is away (%s); asking the database.", error)
        is_away = True
    rest = [number for number in range(len(asks)) if number not in found]
    if rest:
        loaded = map(flights.plain, query.load([asks[number] for number in rest]))
        found.update(zip(rest, loaded, strict=True))
    for number in rest:
        outcome = "away" if is_away else "waited" if number in wanted else "passed"
        stats.count(query.name, outcome)
    return [found[number] for number in range(len(asks))]


def _may_be_cached(group: str) -> bool:
    """Tell whether this reader may take answers about a group from the cache now."""
    return settings.CACHING_ENABLED and not _is_changing(group)


def _is_changing(group: str) -> bool:
    """Tell whether this reader has changes of its own there that are not committed."""
    scope = scopes.current()
    return connections[group].in_atomic_block or bool(scope and scope.primary_only)
