"""What browsers may listen to, and how they are told.

A message is a hint that something is there to be read, never the thing itself: a browser that
misses one reads the same page a little later.
"""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PUBLIC = "public"
NAMES = frozenset({PUBLIC})


def tell(topic: str, message: dict[str, Any]) -> bool:
    """Send a message to all who listen; tells whether the channel layer took it.

    With the layer away nobody is told, and whoever calls goes on.
    """
    try:
        async_to_sync(get_channel_layer().group_send)(
            group_of(topic), {"type": "told", "message": {"topic": topic, **message}}
        )
    except (RedisError, OSError) as error:
        log.warning("The channel layer is away (%s); nobody is told of %s.", error, topic)
        return False
    return True


def group_of(topic: str) -> str:
    """Return the channel group of a topic."""
    return f"topic.{topic}"
