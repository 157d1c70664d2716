"""What was told while nobody listened, from the event log: the truth behind every hint.

An event counts as told from when it is finished, so the log is asked by that time and not by the
id: a transaction may commit, or a worker come to it, long after its id was made.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connections

from apps.events import announcements, fragments, registry
from apps.events.announcements import Announced
from apps.indexing.hot import hot
from apps.push import telling
from apps.push.telling import Told
from apps.push.topics import EVERY, Subscription
from apps.sharding import ids
from apps.sharding.conf import conf

# A push process looks into the log this often for what the channel layer has lost,
EVERY_SECONDS = 5.0
# and whoever resumes is told again what was finished so long before the last it saw: more than
# that interval and the difference of clocks together.
MARGIN = timedelta(seconds=10)
# Longer than any event takes until it is finished or dead.
LONGEST = timedelta(days=1)
MOST = 1000

LATELY = """
SELECT id FROM events_event WHERE topic = ANY(%s) AND id >= %s
    AND finished_at >= clock_timestamp() - make_interval(secs => %s)
"""
BY_ID = (
    "SELECT id, topic, payload::text, request_id FROM events_event WHERE id = ANY(%s) ORDER BY id"
)
SINCE = """
SELECT id, topic, payload::text, request_id FROM (
    SELECT id, topic, payload, request_id, key FROM events_event
    WHERE finished_at >= %(since)s AND id >= %(oldest)s
    UNION ALL
    SELECT id, topic, payload, request_id, key FROM events_event e
    WHERE finished_at IS NULL AND EXISTS (
        SELECT 1 FROM events_delivery d WHERE d.event_id = e.id AND d.state = 'done'
            AND d.subscriber = ANY(%(afters)s)
    )
) told WHERE topic = ANY(%(topics)s) {keys} ORDER BY id LIMIT %(most)s
"""
KEYS = "AND key = ANY(%(keys)s)"


class Gone(Exception):
    """What was missed is too much, or no longer in the log: begin anew."""


class Interest(NamedTuple):
    """What one subscription hears: the topics of events, and their keys (EVERY for all)."""

    subscription: Subscription
    keys: frozenset[int]
    unheard: frozenset[int] = frozenset()

    def hears(self, key: int) -> bool:
        """Tell whether it hears the events of a key."""
        return bool({key, EVERY} & self.keys) and key not in self.unheard


@hot("push.lately", lambda shard: (shard, EVERY_SECONDS))
def lately(shard: str, seconds: float) -> list[int]:
    """Return the ids of the events that were finished on a shard in the last seconds."""
    oldest = ids.first_at(_now() - LONGEST)
    names = sorted(announcements.declared())
    return [row[0] for row in _rows(shard, LATELY, [names, oldest, seconds])]


def told(shard: str, event_ids: Iterable[int]) -> list[Told]:
    """Return what is to be told of events by id."""
    rows = _rows(shard, BY_ID, [sorted(event_ids)])
    return telling.told_of(_announced(rows), late=True)


def since(after: int, interests: Sequence[Interest]) -> list[Told]:
    """Return what subscriptions missed since an event id, by id; raises Gone."""
    moment = ids.time_of(after) - MARGIN
    if moment < _now() - timedelta(weeks=1) and moment < _log_begins():
        raise Gone("What you missed is no longer kept.")
    open_ones = [i for i in interests if EVERY in i.keys]
    keyed = [i for i in interests if EVERY not in i.keys]
    found: dict[int, Announced] = {}
    for shard in conf().shards:
        for group, keys in ((open_ones, None), (keyed, {k for i in keyed for k in i.keys})):
            for announced in _since(shard, moment, group, keys) if group else ():
                found[announced.event_id] = announced
    if len(found) > MOST:
        raise Gone("You missed too much to be told one by one.")
    return telling.told_of([found[event_id] for event_id in sorted(found)], late=True)


def _since(
    shard: str, moment: datetime, interests: Sequence[Interest], keys: set[int] | None
) -> list[Announced]:
    names = {event.topic for i in interests for event in i.subscription.topic.events}
    values: dict[str, Any] = {
        "since": moment,
        "oldest": ids.first_at(max(moment - LONGEST, ids.EPOCH)),
        "topics": sorted(names),
        "keys": sorted(keys or ()),
        "afters": sorted({after for after in announcements.declared().values() if after}),
        "most": MOST + 1,
    }
    return _announced(_rows(shard, SINCE.format(keys="" if keys is None else KEYS), values))


def _announced(rows: Sequence[tuple[Any, ...]]) -> list[Announced]:
    return [
        Announced(event_id, registry.restore(*fields), request_id)
        for event_id, *fields, request_id in rows
    ]


def _log_begins() -> datetime:
    return max(fragments.begins(shard) for shard in conf().shards)


def _rows(shard: str, sql: str, values: Any) -> list[tuple[Any, ...]]:
    with connections[shard].cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _now() -> datetime:
    return datetime.now(ids.EPOCH.tzinfo)
