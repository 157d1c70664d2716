"""What is to be delivered."""

from typing import NamedTuple

from apps.events.registry import Event


class Errand(NamedTuple):
    """What waits for one subscriber under some keys on one shard."""

    shard: str
    subscriber: str
    keys: tuple[int, ...]


class Waiting(NamedTuple):
    """A delivery that is to be made now, with its event; `error` is why it cannot be read."""

    event_id: int
    key: int
    attempts: int
    topic: str
    event: Event | None
    error: Exception | None
    request_id: str = ""
