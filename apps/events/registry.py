"""Topics and who subscribes to them.

An event is a small fact in the past tense: a frozen dataclass of ids. Its class names the topic;
its field `key_field` names the owner whose shard keeps it.

    @dataclass(frozen=True)
    class PostPublished(Event):
        topic = "posts.post-published.v1"
        key_field = "author_id"
        post_id: int
        author_id: int
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeVar

from apps.events.errors import TopicTaken, UnknownSubscriber

E = TypeVar("E", bound="Event")
# Called with the event and its id in the outbox.
Handler = Callable[[Any, int], None]

_events: dict[str, "type[Event]"] = {}
_subscribers: dict[str, "Subscriber"] = {}


@dataclass(frozen=True)
class Event:
    """A fact that other apps may act on."""

    topic: ClassVar[str]
    key_field: ClassVar[str]

    def __init_subclass__(cls) -> None:
        known = _events.setdefault(cls.topic, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TopicTaken(cls.topic, known.__qualname__, cls.__qualname__)

    @property
    def key(self) -> int:
        """The id of the owner in whose transaction the fact became true."""
        return int(getattr(self, self.key_field))

    def payload(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return asdict(self)


@dataclass(frozen=True)
class Subscriber:
    """Code that reacts to one topic; `name` is the dotted path of its function.

    An ordered one gets the events of one key in the order of their commits, each when the one
    before is done or dead. To another one a failed event is no reason to wait.
    """

    name: str
    topic: str
    handle: Handler
    ordered: bool = True


def subscriber(event: "type[Event]", *, ordered: bool = True) -> Callable[[Handler], Handler]:
    """Subscribe a function to an event. It may be called more than once for the same event."""

    def register(handle: Handler) -> Handler:
        name = f"{handle.__module__}.{handle.__qualname__}"
        _subscribers[name] = Subscriber(name, event.topic, handle, ordered)
        return handle

    return register


def subscribers_of(topic: str) -> list[Subscriber]:
    """Return the subscribers of a topic, by name."""
    return sorted((s for s in _subscribers.values() if s.topic == topic), key=lambda s: s.name)


def subscriber_named(name: str) -> Subscriber:
    """Return a subscriber; raises UnknownSubscriber."""
    try:
        return _subscribers[name]
    except KeyError:
        raise UnknownSubscriber(name) from None


def topics() -> dict[str, "type[Event]"]:
    """Return every declared event by its topic."""
    return dict(sorted(_events.items()))


def restore(topic: str, payload: dict[str, Any]) -> Event:
    """Return the event that a row of the outbox holds."""
    return _events[topic](**payload)
