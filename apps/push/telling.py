"""From the workers to the push processes: what may be told goes out over the channel layer.

It is the quick way, and may lose messages; what it loses, each push process finds in the log.
What is told comes with a token: whoever reads after it finds there what it was told of, on replicas
too.
"""

import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from apps.events.announcements import Announced
from apps.push import loops, topics
from apps.push.topics import Data
from apps.replication import positions, tokens
from apps.replication.tokens import Position

log = logging.getLogger(__name__)

GROUP = "push"
HINT = "hint"
NOTHING: Mapping[str, Position] = MappingProxyType({})


class Told(NamedTuple):
    """An event as the push processes hear of it: what each topic says of it, by topic name.

    `request_id` is the request that it follows from; `token` covers what it tells of, on all
    shards.
    """

    event_id: int
    event_topic: str
    key: int
    messages: dict[str, Data]
    request_id: str = ""
    token: Mapping[str, Position] = NOTHING


def tell(shard: str, announced: Sequence[Announced]) -> bool:
    """Tell every push process of events; says whether the channel layer took it."""
    told = told_of(announced)
    seen = tokens.encode(told[0].token) if told else ""
    message = {"type": "told", "told": [list(event[:-1]) for event in told], "seen": seen}
    try:
        loops.run(get_channel_layer().group_send(GROUP, message))
    except (RedisError, OSError) as error:
        log.warning("The channel layer is away (%s); browsers are told later.", error)
        return False
    return True


def hint(topic: str, data: Data) -> bool:
    """Tell who hears a topic that there is something new to be read; says whether it went out."""
    try:
        loops.run(
            get_channel_layer().group_send(GROUP, {"type": HINT, "topic": topic, "data": data})
        )
    except (RedisError, OSError) as error:
        log.debug("Nobody hears of %s: %s", topic, error)
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
    # Asked after the fact, and of every primary: a post is on one shard, its entries on all.
    token = positions.everywhere()
    return [
        Told(t.event_id, t.event.topic, t.event.key, said[t.event_id], t.request_id, token)
        for t in announced
    ]


def heard(message: dict[str, Any]) -> list[Told]:
    """Return what a message of the channel layer tells."""
    token = tokens.decode(message.get("seen"))
    return [Told(*fields)._replace(token=token) for fields in message["told"]]
