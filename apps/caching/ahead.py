"""What a page is about to ask, looked for together.

    ahead.expect((posts_count, author_id), (unread_count, viewer_id))

Each question by itself takes two round trips to the data grid, and five where nobody has asked it
before. Of what was expected, all versions come together, those that are not there yet are given
together, and then all values that there are. It is done when the first of a page's questions has
no answer in this process' memory; a page that finds all of them there pays nothing for it. What is
expected and never asked for costs its share of these trips, so say only what is sure.
"""

import logging
from collections import defaultdict
from functools import partial
from typing import Any

from apps.caching import keys, memory, queries, recent, store
from apps.caching.queries import Query

log = logging.getLogger(__name__)

# A cached function, and the arguments by position that it will be asked with; one that is cached
# for each of several keys, and a key.
Expected = tuple[Any, ...]


def expect(*asks: Expected) -> None:
    """Say what this request will ask."""
    recent.before_fetching(partial(_look, asks))


def _look(asks: tuple[Expected, ...]) -> None:
    by_group: defaultdict[str, list[tuple[Query, Any]]] = defaultdict(list)
    for function, *arguments in asks:
        query = queries.query_of(function)
        ask = query.ask_of(*arguments)
        by_group[query.group_of(ask)].append((query, ask))
    there = {group: found for group, found in by_group.items() if queries.may_be_cached(group)}
    try:
        made = keys.keys_of(there)
        memory.fetch_values(key.name for found in made.values() for key in found if key)
    except store.Away as error:
        log.debug("The cache is away (%s); nothing is looked for ahead.", error)
