"""Taking somebody out of the event log: what is said of him goes, the places of the events stay.

What is blanked has no payload, no owner but its bucket, and a topic that nobody subscribes to, so
it is neither replayed nor told to a browser that was away.
"""

from typing import Any

from django.db import connections, transaction

from apps.sharding.conf import conf

BLANK = "events.blanked"
# The second is the only look at events of other keys: no index helps, so it reads the whole log.
CONCERNS = "(key = %(key)s OR payload::text LIKE %(text)s)"
WAITED_FOR = f"SELECT 1 FROM events_event WHERE finished_at IS NULL AND {CONCERNS} LIMIT 1"
FORGET = f"""
DELETE FROM {{table}} WHERE event_id IN (
    SELECT id FROM events_event WHERE finished_at IS NOT NULL AND {CONCERNS}
)
"""
# The key of nobody, in the event's own bucket: there the row stays when the bucket moves.
BLANKED = f"""
UPDATE events_event SET topic = %(blank)s, payload = '{{}}', request_id = '',
    key = CASE WHEN key = %(key)s THEN key & (1023 << 12) ELSE key END
WHERE {CONCERNS}
"""
SIDES = ("events_delivery", "events_deadletter")


def is_waited_for(key: int) -> bool:
    """Tell whether an event of this key, or that names it, is not finished yet."""
    for shard in conf().shards:
        with connections[shard].cursor() as cursor:
            cursor.execute(WAITED_FOR, _values(key))
            if cursor.fetchone() is not None:
                return True
    return False


def blank(key: int) -> int:
    """Blank the events of a key, and those that name it; returns how many."""
    count = 0
    for shard in conf().shards:
        with transaction.atomic(using=shard), connections[shard].cursor() as cursor:
            for table in SIDES:
                cursor.execute(FORGET.format(table=table), _values(key))
            cursor.execute(BLANKED, _values(key))
            count += cursor.rowcount
    return count


def _values(key: int) -> dict[str, Any]:
    return {"key": key, "text": f"%{key}%", "blank": BLANK}
