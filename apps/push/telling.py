"""From the workers to the push processes: what may be told goes out over the channel layer.

It is the quick way, and may lose messages; what it loses, each push process finds in the log.
"""

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from apps.events.announcements import Announced
from apps.push import loops, topics
from apps.push.topics import Data

log = logging.getLogger(__name__)

GROUP = "push"


class Told(NamedTuple):
    """An event as the push processes hear of it: what each topic says of it, by topic name."""

    event_id: int
    event_topic: str
    key: int
    messages: dict[str, Data]


def tell(shard: str, announced: Sequence[Announced]) -> bool:
    """Tell every push process of events; says whether the channel layer took it."""
    message = {"type": "told", "told": [list(told) for told in told_of(announced)]}
    try:
        loops.run(get_channel_layer().group_send(GROUP, message))
    except (RedisError, OSError) as error:
        log.warning("The channel layer is away (%s); browsers are told later.", error)
        return False
    return True


def told_of(announced: Sequence[Announced], *, late: bool = False) -> list[Told]:
    """Return what is to be told of events, asking each topic once for all of its events.

    Late, each topic says first what may still be told.
    """
    said: dict[int, dict[str, Data]] = {told.event_id: {} for told in announced}
    for topic in topics.all_topics():
        fed = {event.topic for event in topic.events}
        mine: Sequence[Announced] = [told for told in announced if told.event.topic in fed]
        mine = topic.still(mine) if late and mine else mine
        for event_id, data in (topic.messages(mine) if mine else {}).items():
            said[event_id][topic.name] = data
    return [Told(event_id, event.topic, event.key, said[event_id]) for event_id, event in announced]


def heard(message: dict[str, Any]) -> list[Told]:
    """Return what a message of the channel layer tells."""
    return [Told(*fields) for fields in message["told"]]
