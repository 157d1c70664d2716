"""What a page is about to ask, looked for together.

    ahead.expect((posts_count, author_id), (unread_count, viewer_id))

Each question by itself takes two round trips to the data grid, and four where nobody has asked it
before. Of what was expected, all versions come together, those that are not there yet are given
together, then come all values that there are, and those that nobody has asked for are filled and
stored together. It is done when the first of a page's questions has no answer in this process'
memory; a page that finds all of them there pays nothing for it. What is expected and never asked
for costs its share of these trips and its query, so say only what is sure.
"""

import logging
from collections.abc import Sequence
from typing import Any

from apps.caching import flights, memory, queries, recent, store
from apps.sharding import harvest

log = logging.getLogger(__name__)

# A cached function, and the arguments by position that it will be asked with; one that is cached
# for each of several keys, and a key.
Expected = tuple[Any, ...]


def expect(*asks: Expected) -> None:
    """Say what this request will ask."""
    recent.before_fetching(_look, asks)


def _look(asks: Sequence[Expected]) -> None:
    expected = [(queries.query_of(function), arguments) for function, *arguments in asks]
    pairs = ((query, query.ask_of(*arguments)) for query, arguments in expected)
    wanted = list(dict.fromkeys(pairs))
    try:
        named = queries.keys_now(wanted)
        if memory.near().trusted:
            flights.have_ready(wanted, named)
    except (*store.Away, *harvest.AWAY) as error:
        log.debug("A server is away (%s); what lacks is looked for when it is asked.", error)
    except Exception:
        # Whoever asks for it meets that again, and knows what to show in its place.
        log.warning("What a page will ask could not be looked for ahead.", exc_info=True)
